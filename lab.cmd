@echo off
rem Engram's one command: python\lab, in any Python 3.10 or newer. `py` is the launcher that python.org's installer brings.
setlocal
set "engram_python=py -3"
where py >nul 2>nul || set "engram_python=python"
%engram_python% -c "import sys; sys.exit(sys.version_info < (3, 10))" >nul 2>nul
if errorlevel 1 (
  echo lab: Python 3.10 or newer is missing: winget install Python.Python.3.12 1>&2
  exit /b 1
)
%engram_python% -X utf8 -B "%~dp0python\lab" %*
exit /b %errorlevel%
