"""Runs a command that can connect to nothing outside this machine, and writes down every attempt.

    python trap.py LOG COMMAND...

The kernel of Linux itself stops the system calls (seccomp with a listener), so native code and child processes are
held as Java code is. It needs no privilege and works in containers. LOG gets a line for each attempt.
"""

import ctypes
import errno
import fcntl
import ipaddress
import os
import select
import socket
import struct
import subprocess
import sys
import threading

CONNECT, SENDTO, SENDMSG, SENDMMSG, IO_URING_SETUP, SECCOMP = 42, 44, 46, 307, 425, 317  # numbers of x86-64
X86_64, X32 = 0xC000003E, 0x40000000
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, SIGKILL = 1, 38, 9
SET_MODE_FILTER, NEW_LISTENER = 1, 8
ALLOW, NOTIFY, REFUSE = 0x7FFF0000, 0x7FC00000, 0x00050000
RECEIVE, SEND, CONTINUE = 0xC0502100, 0xC0182101, 1
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
LOCAL_FAMILIES = (socket.AF_UNSPEC, socket.AF_UNIX, socket.AF_NETLINK)

libc = ctypes.CDLL(None, use_errno=True)


def program():
    """The filter: (operation, value, steps if true, steps if false). Calls that name an address wait for an answer."""
    calls = [(CONNECT, "ask"), (SENDMSG, "ask"), (SENDMMSG, "ask"), (SENDTO, "address"), (IO_URING_SETUP, "none")]
    lines = [(LOAD, 4), (EQUAL, X86_64, 0, "none"), (LOAD, 0), (AT_LEAST, X32, "none", 0)]
    lines += [(EQUAL, number, goal, 0) for number, goal in calls]
    places = {}
    for goal, block in (
        ("allow", [(RETURN, ALLOW)]),
        # sendto: the address is the fifth argument; without one the socket has been connected
        ("address", [(LOAD, 48), (EQUAL, 0, 0, "ask"), (LOAD, 52), (EQUAL, 0, "sent", "ask")]),
        ("sent", [(RETURN, ALLOW)]),
        ("ask", [(RETURN, NOTIFY)]),
        # io_uring would send behind the filter's back, and another architecture has other numbers
        ("none", [(RETURN, REFUSE | errno.ENOSYS)]),
    ):
        places[goal] = len(lines)
        lines += block
    code = b""
    for at, (operation, value, *steps) in enumerate(lines):
        yes, no = [places[s] - at - 1 if isinstance(s, str) else s for s in steps or (0, 0)]
        code += struct.pack("=HBBI", operation, yes, no, value)
    return code


def install():
    """Puts this thread, and what it starts, under the filter; returns the descriptor where calls are announced."""
    code = ctypes.create_string_buffer(program())
    head = struct.pack("@HP", (len(code) - 1) // 8, ctypes.addressof(code))
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs")
    listener = libc.syscall(SECCOMP, SET_MODE_FILTER, NEW_LISTENER, head)
    if listener < 0:
        raise OSError(ctypes.get_errno(), "this machine has no seccomp with a listener")
    return listener


def memory(thread, address, size):
    with open(f"/proc/{thread}/mem", "rb", buffering=0) as file:
        return os.pread(file.fileno(), size, address)


def addresses(thread, call, arguments):
    """The socket addresses that a call names, as bytes."""
    if call == CONNECT:
        return [memory(thread, arguments[1], min(arguments[2], 128))]
    if call == SENDTO:
        return [memory(thread, arguments[4], min(arguments[5], 128))]
    size, count = (56, 1) if call == SENDMSG else (64, arguments[2])
    heads = [memory(thread, arguments[1] + i * size, 12) for i in range(count)]
    named = [struct.unpack("=QI", head) for head in heads]
    return [memory(thread, place, min(length, 128)) for place, length in named if place]


def abroad(address):
    """Where an address leads outside this machine, as text; None where it does not."""
    family = struct.unpack("=H", address[:2])[0] if len(address) >= 2 else socket.AF_UNSPEC
    if family in LOCAL_FAMILIES:
        return None
    if family not in (socket.AF_INET, socket.AF_INET6):
        return f"address family {family}"
    packed = address[4:8] if family == socket.AF_INET else address[8:24]
    host = ipaddress.ip_address(packed)
    host = getattr(host, "ipv4_mapped", None) or host
    if host.is_loopback or host.is_unspecified:
        return None
    return f"{host} port {int.from_bytes(address[2:4], 'big')}"


def answer(listener, log):
    """Lets a call pass, or writes it down and refuses it."""
    notice = bytearray(80)
    try:
        fcntl.ioctl(listener, RECEIVE, notice)
        number, thread, _, call, _, _, *arguments = struct.unpack("=QIIiIQ6Q", notice)
        places = [place for place in map(abroad, addresses(thread, call, arguments)) if place]
        for place in places:
            log.write(place + "\n")
            log.flush()
        verdict = (0, -errno.ENETUNREACH, 0) if places else (0, 0, CONTINUE)
        fcntl.ioctl(listener, SEND, struct.pack("=Qqii", number, *verdict))
    except FileNotFoundError:
        pass  # the caller was ended while it waited
    except OSError as failure:
        if failure.errno not in (errno.ENOENT, errno.EINTR, errno.EIO):
            raise


def run(log_file, command):
    """Runs the command under the trap and returns its exit status."""
    started, ended, listener, status = threading.Event(), threading.Event(), [], []

    def child():
        try:
            listener.append(install())
            started.set()
            # the command ends with this program, and gets its number only when it has read its own
            process = subprocess.Popen(command, preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, SIGKILL))
            status.append(process.wait())
        except OSError as failure:
            print(f"trap: {failure}", file=sys.stderr)
            status.append(125)
        finally:
            started.set()
            ended.set()

    with open(log_file, "a", encoding="utf-8") as log:
        thread = threading.Thread(target=child)
        thread.start()
        started.wait()
        while listener and not ended.is_set():
            if select.select(listener, [], [], 0.1)[0]:
                answer(listener[0], log)
        thread.join()
    return status[0]


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], sys.argv[2:]))
