"""fuzz_test: a libFuzzer target as a Bazel test.

libFuzzer comes with clang and must instrument all of the code that it drives, while the rest of the
build is made by gcc. So an aspect gathers the sources of the target and of everything it depends on,
and one call of clang++ compiles them, with AddressSanitizer and UndefinedBehaviorSanitizer.
Needs the Debian packages clang and libclang-rt-14-dev.
"""

_Sources = provider(fields = ["files", "linkopts"])

def _sources_of(rule_attr, attributes, deps):
    direct = []
    for attribute in attributes:
        for source in getattr(rule_attr, attribute, []):
            direct.extend(source.files.to_list())
    return _Sources(
        files = depset(direct, transitive = [dep[_Sources].files for dep in deps]),
        linkopts = depset(
            getattr(rule_attr, "linkopts", []),
            transitive = [dep[_Sources].linkopts for dep in deps],
        ),
    )

def _gather_impl(target, ctx):
    return [_sources_of(ctx.rule.attr, ["srcs", "hdrs"], getattr(ctx.rule.attr, "deps", []))]

_gather = aspect(implementation = _gather_impl, attr_aspects = ["deps"])

def _fuzz_program_impl(ctx):
    sources = _sources_of(ctx.attr, ["srcs"], ctx.attr.deps)
    files = sources.files.to_list()
    program = ctx.actions.declare_file(ctx.label.name)
    arguments = ctx.actions.args()
    arguments.add_all([
        "-std=c++20",
        "-O1",
        "-g",
        "-fno-omit-frame-pointer",
        "-UNDEBUG",
        "-I.",
        "-fsanitize=fuzzer,address,undefined",
        "-fno-sanitize-recover=all",
    ])
    arguments.add_all([file for file in files if file.extension == "cc"])
    arguments.add_all(sources.linkopts)
    arguments.add("-o", program)
    ctx.actions.run_shell(
        inputs = files,
        outputs = [program],
        command = 'clang++ "$@"',
        arguments = [arguments],
        mnemonic = "FuzzProgram",
        progress_message = "Compiling fuzz target %s with clang" % ctx.label,
        use_default_shell_env = True,
    )
    return [DefaultInfo(
        files = depset([program]),
        runfiles = ctx.runfiles(files = [program]),
    )]

_fuzz_program = rule(
    implementation = _fuzz_program_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = [".cc"]),
        "deps": attr.label_list(aspects = [_gather]),
    },
)

def fuzz_test(name, srcs, deps, corpus):
    """Runs the target on its corpus, then on new inputs for FUZZ_SECONDS (5) seconds.

    Args:
      name: the test's; the program is name + "_program", for longer runs by hand.
      srcs: the .cc file with LLVMFuzzerTestOneInput.
      deps: cc_library targets.
      corpus: the folder (of this package) with the inputs that are kept.
    """
    _fuzz_program(
        name = name + "_program",
        testonly = True,
        srcs = srcs,
        deps = deps,
    )
    native.sh_test(
        name = name,
        size = "small",
        srcs = ["//bridge:fuzz_test.sh"],
        args = ["$(location :%s_program)" % name, native.package_name() + "/" + corpus],
        data = [":%s_program" % name] + native.glob([corpus + "/**"]),
    )
