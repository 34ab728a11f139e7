"""fuzz_test: a libFuzzer target as a Bazel test.

libFuzzer comes with clang and must instrument all of the code that it drives, while the rest of the
build is made by gcc. So an aspect follows the target's dependencies and compiles each of their
sources with clang++, AddressSanitizer and UndefinedBehaviorSanitizer: once, for all fuzz targets
that it is a part of. Needs the Debian packages clang and libclang-rt-14-dev.
"""

_COPTS = [
    "-std=c++20",
    "-O1",
    "-gline-tables-only",
    "-fno-omit-frame-pointer",
    "-UNDEBUG",
    "-I.",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
]

# What a library adds to a fuzz program.
_Instrumented = provider(fields = ["headers", "objects", "linkopts"])

def _files(rule_attr, attributes):
    return [file for attribute in attributes for source in getattr(rule_attr, attribute, []) for file in source.files.to_list()]

def _clang(ctx, inputs, output, arguments):
    ctx.actions.run_shell(
        inputs = inputs,
        outputs = [output],
        command = 'clang++ "$@"',
        arguments = _COPTS + arguments + ["-o", output.path],
        mnemonic = "Fuzz",
        progress_message = "Compiling %s for fuzzing" % output.short_path,
        use_default_shell_env = True,
    )

def _instrument(ctx, label, sources, headers, linkopts, deps):
    headers = depset(headers, transitive = [dep[_Instrumented].headers for dep in deps])
    objects = []
    for source in sources:
        object = ctx.actions.declare_file("_fuzz/%s/%s.o" % (label.name, source.basename))
        _clang(ctx, depset([source], transitive = [headers]), object, [
            "-fsanitize=fuzzer-no-link",
            "-c",
            source.path,
        ])
        objects.append(object)
    return _Instrumented(
        headers = headers,
        objects = depset(objects, transitive = [dep[_Instrumented].objects for dep in deps]),
        linkopts = depset(linkopts, transitive = [dep[_Instrumented].linkopts for dep in deps]),
    )

def _instrument_library_impl(target, ctx):
    files = _files(ctx.rule.attr, ["srcs", "hdrs"])
    return [_instrument(
        ctx,
        target.label,
        [file for file in files if file.extension == "cc"],
        [file for file in files if file.extension != "cc"],
        getattr(ctx.rule.attr, "linkopts", []),
        getattr(ctx.rule.attr, "deps", []),
    )]

_instrument_library = aspect(implementation = _instrument_library_impl, attr_aspects = ["deps"])

def _fuzz_program_impl(ctx):
    program = ctx.actions.declare_file(ctx.label.name)
    parts = _instrument(ctx, ctx.label, ctx.files.srcs, [], [], ctx.attr.deps)
    objects = parts.objects.to_list()
    _clang(
        ctx,
        depset(objects),
        program,
        ["-fsanitize=fuzzer"] + [file.path for file in objects] + parts.linkopts.to_list(),
    )
    return [DefaultInfo(
        files = depset([program]),
        runfiles = ctx.runfiles(files = [program]),
    )]

_fuzz_program = rule(
    implementation = _fuzz_program_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = [".cc"]),
        "deps": attr.label_list(aspects = [_instrument_library]),
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
