"""What a cell can do to the kernel, and what the kernel must not lose by it: output, interrupts, model, variables."""

import os
import queue
import re
import subprocess
import sys
import textwrap
import time

import jupyter_kernel_test
import psutil
import pytest

STOCK_SHELL = (
    "var shell = (jdk.jshell.JShell) org.dflib.jjava.jupyter.kernel.BaseKernel.notebookKernel().getClass()"
    '.getMethod("getJShell").invoke(org.dflib.jjava.jupyter.kernel.BaseKernel.notebookKernel());'
)
LONG = "x" * 65536


class Notebook:
    """One kernel, and what its cells answered."""

    def __init__(self, environment=None):
        options = {"env": os.environ | environment} if environment else {}
        self.manager, self.client = jupyter_kernel_test.start_new_kernel(kernel_name="engram", **options)

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def send(self, code):
        return self.client.execute(code, allow_stdin=False)

    def answer(self, request, timeout=60):
        """Status, printed text, result and error of a cell, once it is idle."""
        printed, result, error, deadline = [], "", None, time.monotonic() + timeout
        while True:
            message = self.client.get_iopub_msg(timeout=max(0.01, deadline - time.monotonic()))
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                printed.append(content["text"])
            elif kind == "execute_result":
                result = content["data"]["text/plain"]
            elif kind == "error":
                error = content["evalue"]
            elif kind == "status" and content["execution_state"] == "idle":
                break
        reply = self.client.get_shell_msg(timeout=10)
        while reply["parent_header"].get("msg_id") != request:
            reply = self.client.get_shell_msg(timeout=10)
        self.messages = len(printed)
        return reply["content"]["status"], "".join(printed), result, error

    def run(self, code, timeout=60):
        return self.answer(self.send(code), timeout)

    def result(self, code):
        status, printed, result, error = self.run(code)
        assert status == "ok", error
        return result

    def error(self, code, timeout=60):
        status, printed, result, error = self.run(code, timeout)
        assert status == "error", (printed, result)
        assert "\n" not in error.strip()
        return error


@pytest.fixture(scope="module")
def notebook():
    opened = Notebook()
    yield opened
    opened.close()


# A kernel that is mute and says ok.


def test_a_line_of_any_length_is_a_line(notebook):
    assert "takes trace" in notebook.error("%engram " + "x" * 50_029)
    assert "takes trace" in notebook.error("%engram " + "ü" * 200_000)
    assert notebook.result("6 * 7") == "42"


@pytest.mark.parametrize(
    "code",
    [
        f'String s = "{LONG}";',
        f'"{LONG}".length()',
        f'class Long {{ String s = "{LONG}"; }}',
        f'String method() {{ return "{LONG}"; }}',
        "void large() {" + "before++;" * 20_000 + "}",
    ],
    ids=["variable", "expression", "class", "method", "large method"],
)
def test_what_fits_no_class_file_is_an_error_and_costs_nothing(notebook, code):
    notebook.run("int before = 5;")
    assert "could not translate" in notebook.error(code)
    assert notebook.result("before") == "5", "a variable is lost"
    assert notebook.error('throw new IllegalStateException("thrown");') == "thrown"


def test_an_expression_that_overflows_the_compiler_is_an_error(notebook):
    notebook.error("1" + "+1" * 20_000)
    assert notebook.result("40 + 2") == "42"


@pytest.mark.parametrize("end", ["shell.stop();", "shell.close();"])
def test_an_engine_that_ends_is_started_again(notebook, end):
    notebook.run("%model\n%images visent-mini")
    notebook.run("import java.util.function.*;\n" + STOCK_SHELL)
    assert "started again" in notebook.error(end)
    assert notebook.result("IntFunction<Integer> twice = n -> 2 * n; twice.apply(21)") == "42"
    assert "visent-mini" in notebook.result("%images"), "the images are lost"
    assert "shell" not in notebook.result("List.of(1)")


def test_an_engine_that_ended_between_two_cells_is_told_to_the_next(notebook):
    notebook.run(STOCK_SHELL + "\nnew Thread(() -> { try { Thread.sleep(1000); } catch (Exception e) {}"
                 " shell.stop(); }).start();")  # fmt: skip
    time.sleep(2)
    assert "started again" in notebook.error("6 * 7")
    assert notebook.result("6 * 7") == "42"


def test_a_cell_cannot_end_the_kernel(notebook):
    assert "System.exit(3) was not run" in notebook.error("System.exit(3);")
    assert "System.exit(4) was not run" in notebook.error("void leave(int n) { System.exit(n); }\nleave(4);")
    assert notebook.result("Math.max(1, 2)") == "2"


def test_a_message_on_the_iopub_socket_does_no_harm(notebook):
    notebook.run(
        """
        var comms = org.dflib.jjava.jupyter.kernel.BaseKernel.notebookKernel().getCommManager();
        var field = comms.getClass().getDeclaredField("iopub");
        field.setAccessible(true);
        var iopub = (org.dflib.jjava.jupyter.channels.JupyterSocket) field.get(comms);
        iopub.sendMessage(new org.dflib.jjava.jupyter.messages.Message(null,
            org.dflib.jjava.jupyter.messages.publish.PublishStatus.MESSAGE_TYPE,
            org.dflib.jjava.jupyter.messages.publish.PublishStatus.BUSY));"""
    )
    assert notebook.result("6 * 7") == "42"
    assert notebook.error('throw new IllegalStateException("thrown");') == "thrown"


# Places where a magic cannot stand, and types that cannot take it.


@pytest.mark.parametrize("code", ["if (true) { %edits }", "int a = 1; %edits", "for (;;) {\n int b; %engram\n}"])
def test_a_magic_that_cannot_stand_there_says_so(notebook, code):
    assert "takes the rest of its line" in notebook.error(code)


def test_a_path_with_a_newline_is_one_sentence(notebook):
    assert "is not closed" in notebook.error('%images "a\nb"')


def test_a_type_that_cannot_take_the_value_is_refused_before_the_work(notebook):
    notebook.run("%model\n%images visent-mini")
    wrong = "%attribute gives an Attribution or a FeatureAttribution, which is no String"
    assert wrong in notebook.error("String a = %attribute ghost")
    notebook.run("String declared = null;")
    assert wrong in notebook.error("declared = %attribute ghost")
    assert "no Integer" in notebook.error("int n = %attribute ghost")
    assert notebook.result("Attribution fits = %attribute ghost --top 1\nfits.top(1).size()") == "1"
    assert notebook.result("Object any = %attribute ghost --top 1\nany instanceof Attribution") == "true"


# Printed lines and idle.


def test_a_million_lines_arrive_whole(notebook):
    status, printed, _, _ = notebook.run("for (int i = 0; i < 1_000_000; i++) System.out.println(i);", 120)
    assert status == "ok"
    assert printed == "".join(f"{i}\n" for i in range(1_000_000))
    assert notebook.messages < 5_000


def test_what_is_too_much_is_cut_and_counted(notebook):
    status, printed, _, _ = notebook.run(
        'String line = "y".repeat(9_999);\nfor (int i = 0; i < 4_000; i++) System.out.println(line);', 120
    )
    assert status == "ok"
    cut = re.search(r"([\d,]+) more lines \([\d.]+ MB\) were cut", printed)
    assert cut, printed[-300:]
    assert printed.count("y" * 9_999 + "\n") + int(cut[1].replace(",", "")) == 4_000


def test_out_and_err_stay_in_order_and_whole(notebook):
    status, printed, _, _ = notebook.run(
        'System.out.print("日本"); System.err.println(" ü"); System.out.printf("%d%n", 7);'
        '\nfor (byte b : "ß\\n".getBytes("UTF-8")) System.out.write(b);\nint none = 0;'
    )
    assert (status, printed) == ("ok", "日本 ü\n7\nß\n")


def test_what_a_thread_prints_after_its_cell_goes_to_that_cell(notebook):
    request = notebook.send('new Thread(() -> { try { Thread.sleep(1500); } catch (Exception e) {} '
                            'System.out.println("late"); }).start();')  # fmt: skip
    notebook.answer(request)
    assert "late" not in notebook.run("1 + 1")[1]
    while True:
        message = notebook.client.get_iopub_msg(timeout=20)
        if message["msg_type"] == "stream":
            assert message["content"]["text"] == "late\n"
            assert message["parent_header"]["msg_id"] == request
            return


# Interrupts.


@pytest.mark.parametrize("delay", [0, 0, 0, 0.002, 0.005, 0.01, 0.015, 0.02, 0.05])
def test_an_interrupt_of_a_cell_that_is_about_to_start_ends_it(notebook, delay):
    request = notebook.send("Thread.sleep(20_000);")
    time.sleep(delay)
    notebook.manager.interrupt_kernel()
    sent = time.monotonic()
    assert "Interrupted" in notebook.answer(request)[3]
    assert time.monotonic() - sent < 5  # on a busy machine the compiler alone takes a second


def test_an_interrupt_without_a_cell_leaves_the_next_cell_alone(notebook):
    for n in range(10):
        notebook.manager.interrupt_kernel()
        assert notebook.result(f"40 + {n}") == str(40 + n)


@pytest.mark.parametrize("call", ['println("x")', 'print("x")', 'printf("%d%n", 1)', "println()"])
def test_endless_printing_ends(notebook, call):
    notebook.run("volatile Thread printing;")
    request = notebook.send(f"printing = Thread.currentThread();\nwhile (true) System.out.{call};")
    time.sleep(1.5)
    notebook.manager.interrupt_kernel()
    sent = time.monotonic()
    assert "Interrupted" in notebook.answer(request)[3]
    assert time.monotonic() - sent < 3
    time.sleep(1)
    state = notebook.result('List.of("RUNNABLE", "BLOCKED").contains(printing.getState().toString()) '
                            '&& Arrays.toString(printing.getStackTrace()).contains("PrintStream")')  # fmt: skip
    assert state == "false", "the thread prints on"


# The heap, and the parent.


@pytest.mark.parametrize("piece", ["new byte[1 << 20]", "new byte[100]", "new Object()"])
def test_a_variable_that_fills_the_heap_is_named_and_the_kernel_goes_on(piece):
    notebook = Notebook({"JAVA_TOOL_OPTIONS": "-Xmx200m"})
    try:
        notebook.run("List<Object> small = new ArrayList<>(), hog = new ArrayList<>();")
        said = notebook.error(f"while (true) hog.add({piece});", 120)
        assert "the variable hog holds about" in said
        begin = time.monotonic()
        assert notebook.result("40 + 2") == "42"
        assert time.monotonic() - begin < 10  # five seconds, on a machine that does nothing else
        notebook.run("hog = null;")
        assert notebook.result("new byte[40 << 20].length") == str(40 << 20)
    finally:
        notebook.close()


def test_a_kernel_ends_with_the_process_that_started_it(tmp_path):
    starter = textwrap.dedent("""
        import sys, time
        from jupyter_client.manager import start_new_kernel
        manager, client = start_new_kernel(kernel_name="engram", startup_timeout=60)
        print(manager.provisioner.pid, flush=True)
        time.sleep(600)
    """)
    parent = subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True)
    kernel = psutil.Process(int(parent.stdout.readline()))
    assert kernel.is_running()
    parent.kill()
    parent.wait()
    assert kernel.wait(20) != 0 or not kernel.is_running()
