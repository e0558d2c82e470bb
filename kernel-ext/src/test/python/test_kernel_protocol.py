"""The kernel "engram", spoken to as a front end does: jupyter_kernel_test, and what is ours.

Run with the kernelspec installed, or found through JUPYTER_PATH:

    python -m pytest kernel-ext/src/test/python/test_kernel_protocol.py
"""

import time
import unittest

import jupyter_kernel_test

PLOTLY = "application/vnd.plotly.v1+json"


class ProtocolTest(jupyter_kernel_test.KernelTests):
    """Every test of jupyter_kernel_test that means anything to a Java kernel."""

    kernel_name = "engram"
    language_name = "Java"
    file_extension = ".jshell"

    code_hello_world = 'System.out.println("hello, world");'
    code_stderr = 'System.err.println("oops");'
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": '"a" + 1', "result": "a1"},
        {"code": "List.of(1, 2)", "result": "[1, 2]"},
    ]
    code_display_data = [{"code": 'display("<b>hi</b>", "text/html");', "mime": "text/plain"}]
    code_generate_error = 'throw new IllegalStateException("boom");'
    code_inspect_sample = "String.valueOf"
    code_history_pattern = "*6*"
    supported_history_operations = ("tail", "range", "search")
    completion_samples = [
        {"text": "System.out.printl", "matches": {"println("}},
        {"text": "%engr", "matches": {"%engram"}},
    ]
    complete_code_samples = ["int a = 1;", "%engram", "%engram trace // comment", "%%engram\nbody"]
    incomplete_code_samples = ["for (int i = 0; i < 3; i++) {", "int f() {"]
    invalid_code_samples = ["int = = 3;", ") {"]

    def test_history(self):
        # The suite's search expects one unique hit, and three when three are asked for.
        for _ in range(3):
            self.execute_helper("6 * 7")
        super().test_history()


class EngramTest(unittest.TestCase):
    """What Engram adds: magics, renderers, readable errors, interrupts."""

    @classmethod
    def setUpClass(cls):
        cls.manager, cls.client = jupyter_kernel_test.start_new_kernel(kernel_name="engram")

    @classmethod
    def tearDownClass(cls):
        cls.client.stop_channels()
        cls.manager.shutdown_kernel()

    def complete(self, code, cursor=None):
        asked = self.client.complete(code, len(code) if cursor is None else cursor)
        while True:  # a slow kernel was asked for its kernel_info more than once
            reply = self.client.get_shell_msg(timeout=20)
            if reply["parent_header"].get("msg_id") == asked:
                return reply["content"]

    def test_a_magics_line_is_completed_and_never_with_java(self):
        reply = self.complete("int x = 1;\nAttribution a = %attribute statue_")
        self.assertEqual(reply["matches"], ["statue_of_liberty"])
        self.assertEqual(reply["cursor_start"], len("int x = 1;\nAttribution a = %attribute "))
        [typed] = reply["metadata"]["_jupyter_types_experimental"]
        self.assertEqual((typed["text"], typed["type"]), ("statue_of_liberty", "landmarks"))
        self.assertIn("--reading", self.complete("%attribute ghost --")["matches"])
        self.assertEqual(self.complete("%model ./nothing/")["matches"], [])
        self.assertEqual(self.complete("%%attr")["matches"], ["%%attribute"])
        self.assertIn("%attribute", self.complete("var b = %")["matches"])

    def test_places_are_counted_in_characters_not_in_javas_units(self):
        before = '// \N{FACE WITH TEARS OF JOY}\n%attribute '
        reply = self.complete(before + "ghos")
        self.assertEqual((reply["matches"], reply["cursor_start"]), (["ghost"], len(before)))
        self.assertEqual(reply["cursor_end"], len(before) + 4)


    def run_cell(self, code, timeout=30):
        """Returns the reply's content and the outputs, in order."""
        outputs = []

        def hook(message):
            if message["header"]["msg_type"] in (
                "display_data", "update_display_data", "execute_result", "error", "stream"
            ):
                outputs.append((message["header"]["msg_type"], message["content"]))

        reply = self.client.execute_interactive(code, output_hook=hook, timeout=timeout)
        return reply["content"], outputs

    def result(self, code):
        reply, outputs = self.run_cell(code)
        self.assertEqual(reply["status"], "ok", reply)
        return [c for t, c in outputs if t == "execute_result"][-1]["data"]

    def error(self, code):
        reply, outputs = self.run_cell(code)
        self.assertEqual(reply["status"], "error", outputs)
        shown = [c for t, c in outputs if t == "error"][-1]
        self.assertEqual(shown["evalue"], reply["evalue"])
        return shown

    def test_engram_lists_magics_and_versions(self):
        data = self.result("%engram")
        for word in ("%engram", "Engram", "DJL", "libtorch", "kernel", "Java"):
            self.assertIn(word, data["text/plain"])
        self.assertIn("<table>", data["text/html"])

    def test_the_line_reaches_the_magic_as_typed(self):
        for line in ("%engram;", "%engram ; // all of it", "  %engram", "Object e = %engram\ne"):
            self.assertIn("DJL", self.result(line)["text/plain"])

    def test_help(self):
        for line in ("%engram?", "%engram --help", "%engram -h", "?%engram"):
            data = self.result(line)
            self.assertIn("Usage: %engram", data["text/plain"])
            self.assertIn("| Argument | Meaning |", data["text/markdown"])
            self.assertNotIn("text/html", data)

    def test_inspect_shows_the_help_of_a_magic(self):
        reply = self.client.inspect("%engram", 3, reply=True, timeout=10)["content"]
        self.assertTrue(reply["found"])
        self.assertIn("Usage: %engram", reply["data"]["text/plain"])
        self.assertIn("%engram trace", reply["data"]["text/markdown"])

    def test_inspect_shows_what_stands_at_the_cursor(self):
        def shown(code, at):
            reply = self.client.inspect(code, code.index(at) + 2, reply=True, timeout=30)["content"]
            self.assertTrue(reply["found"], code)
            return reply["data"]["text/markdown"]

        self.result("%model")
        line = "// \N{FACE WITH TEARS OF JOY}\nvar h = %heatmap ghost --neuron L2F7"
        self.assertIn("FFN", shown(line, "L2F7"))
        self.assertIn("characters", shown(line, "ghost"))
        self.assertIn("Which neuron", shown(line, "--neuron"))
        self.assertIn("Argument", shown(line, "heatmap"))
        self.assertIn("FFN", shown('Neuron n = Neuron.parse("L2F7");', "L2F7"))

    def test_unknown_magic(self):
        shown = self.error("%engrm")
        self.assertEqual(
            shown["evalue"], "There is no magic %engrm; did you mean %engram?", shown)
        self.assertEqual(shown["traceback"], [shown["evalue"]])

    def test_unknown_option_and_argument(self):
        self.assertIn("did you mean --help?", self.error("%engram --hlp")["evalue"])
        self.assertIn("trace", self.error("%engram trce")["evalue"])

    def test_trace_is_kept(self):
        self.error("%engram --nonsense")
        self.assertIn("picocli", self.result("%engram trace")["text/plain"])

    def test_magics_in_strings_and_comments_are_text(self):
        code = 'String s = """\n%engram\n""" + "%engram"; // %engram\ns'
        self.assertEqual(self.result(code)["text/plain"], "%engram\n%engram")

    def test_the_kernels_own_magics_still_work(self):
        reply, outputs = self.run_cell("%%time\nint quick = 1;")
        self.assertEqual(reply["status"], "ok", outputs)

    def test_an_error_in_java_shows_the_users_lines_only(self):
        shown = self.error('int f(int n) { return 1 / n; }\nf(0)')
        self.assertEqual(shown["ename"], "ArithmeticException")
        self.assertEqual(shown["evalue"], "/ by zero")
        trace = "\n".join(shown["traceback"])
        self.assertIn(".f(#", trace)
        self.assertNotIn("org.dflib", trace)

    def test_an_engram_exception_in_java_is_its_sentence(self):
        shown = self.error('throw new EngramException("Nothing is loaded.");')
        self.assertEqual(shown["traceback"], ["Nothing is loaded."])

    def test_a_compile_error_points_at_the_code(self):
        self.assertIn("cannot find symbol", "\n".join(self.error("int y = nosuch;")["traceback"]))

    def test_an_ambiguous_name_says_what_to_write(self):
        self.run_cell("import dev.engram.trace.*;")
        shown = self.error("Trace it = null;")
        self.assertIn("Trace is ambiguous, because ", shown["evalue"])
        self.assertIn("write import ", shown["evalue"])
        self.assertEqual(shown["traceback"][0], shown["evalue"])
        self.assertIn("dev.engram.trace.Trace; ", shown["evalue"])
        self.result("import dev.engram.trace.Trace;\nTrace it = null;\n1")

    def test_table(self):
        data = self.result(
            'Table.create("t").addColumns(StringColumn.create("<i>", "a&b"), '
            'DoubleColumn.create("n", 1.5))')
        self.assertIn("&lt;i&gt;", data["text/html"])
        self.assertIn("a&b", data["text/plain"])

    def test_figures_carry_the_library_once(self):
        figure = ('new Figure(Layout.builder("T", "x", "y").build(), BarTrace.builder('
                  'new String[] {"it\'s"}, new double[] {1}).build())')
        self.client.execute_interactive("1")  # other cells may have shown figures before
        first, second = self.result(figure), self.result(figure)
        self.assertEqual(first[PLOTLY]["data"][0]["type"], "bar")
        self.assertEqual(first[PLOTLY]["layout"]["title"], {"text": "T"})
        self.assertIn("DecompressionStream", first["text/html"])
        self.assertNotIn("DecompressionStream", second["text/html"])
        self.assertNotIn("http", second["text/html"])

    def interrupted_after(self, code, seconds=1.0):
        message = self.client.execute(code)
        time.sleep(seconds)
        asked = time.monotonic()
        self.manager.interrupt_kernel()
        while True:
            reply = self.client.get_shell_msg(timeout=10)
            if reply["parent_header"].get("msg_id") == message:
                break
        self.assertEqual(reply["content"]["status"], "error")
        self.assertEqual(reply["content"]["ename"], "Interrupted")
        return time.monotonic() - asked

    def test_interrupt(self):
        self.run_cell("class Stop { static volatile boolean ed = false; }")
        loop = """
            try { while (true) dev.engram.Progress.checkInterrupt(); } finally { Stop.ed = true; }"""
        self.assertLess(self.interrupted_after(loop), 1)
        self.assertEqual(self.result("6 * 7")["text/plain"], "42")
        self.assertEqual(self.result("Stop.ed")["text/plain"], "true")


if __name__ == "__main__":
    unittest.main()
