// SPDX-License-Identifier: MIT OR Apache-2.0
//! Makes databases of a tree with a Makefile that behaves like Kbuild's, with the real make.

use super::*;

/// A Kbuild in small: goes to the output directory first, has a source and a header that only the
/// build makes, and builds an object again only if the flags have changed.
const MAKEFILE: &str = r#"
MAKEFLAGS += -rR
ifeq ($(srctree),)
export srctree := $(CURDIR)
Makefile: ;
%: ; @$(MAKE) -C $(O) -f $(srctree)/Makefile $@
else
CC := clang$(LLVM)# LLVM_SUFFIX
defconfig: ; @echo CONFIG_A=y > .config
tinyconfig: ; @: > .config
# Like Kconfig, knows some options only.
olddefconfig: ; @grep -v CONFIG_UNKNOWN .config > .tmp || :; mv .tmp .config
prepare: ; @test ! -e break || { echo 'sh: 1: flex: not found'; false; }
vmlinux: a.o gen.o notes.o scripts/mod/empty.o
modules: m.o
%.o: $(if $(KCFLAGS),FORCE)
	@test "$(KCFLAGS)" || touch gen.c gen.h
	set -e; echo '  CC $@'; $(if $(KCFLAGS),,true) $(CC) -nostdinc -D__KERNEL__ $(KCFLAGS) -I. \
		-c -o $@ $(if $(filter gen.o,$@),gen.c,$(srctree)/$(@:.o=.c)); touch $@
FORCE:
.PHONY: defconfig tinyconfig olddefconfig prepare vmlinux modules FORCE
endif
"#;

struct Tree {
    _root: tempfile::TempDir,
    request: Request,
}

fn tree() -> Tree {
    let root = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(root.path())
        .unwrap()
        .canonicalize_utf8()
        .unwrap();
    let tree = path.join("linux");
    fs::create_dir(&tree).unwrap();
    for (name, text) in [
        ("Kconfig", ""),
        ("Makefile", MAKEFILE),
        ("a.c", "#include \"gen.h\"\n"),
        ("notes.c", "int notes;\n"),
        ("m.c", "int m;\n"),
    ] {
        fs::write(tree.join(name), text).unwrap();
    }
    let request = Request {
        tree,
        output: path.join("out"),
        config: Config::Defconfig,
        arch: Arch::X86_64,
        set: Vec::new(),
        toolchain: Some(Toolchain::Llvm {
            suffix: "-99".into(),
        }),
        jobs: 1,
    };
    Tree {
        _root: root,
        request,
    }
}

fn error(request: &Request) -> String {
    make(request, &mut |_| {}).unwrap_err().to_string()
}

#[test]
fn a_database_is_made_read_and_made_again() {
    let Tree { _root, request } = tree();
    let mut steps = Vec::new();
    let made = make(&request, &mut |step| steps.push(step.to_string())).unwrap();
    assert_eq!(made.units, 4);
    // a.c includes a header that is not there, gen.c is not there itself.
    assert_eq!(made.generated.objects, ["a.o", "gen.o"]);
    assert_eq!(made.generated.failed, [""; 0]);
    assert_eq!(made.lacking, []);
    assert_eq!(
        steps,
        [
            "using clang-99".to_owned(),
            format!("running the Makefiles and scripts of {}", request.tree),
            "configuring".to_owned(),
            "preparing generated headers".to_owned(),
            "listing compile commands (make -n)".to_owned(),
            "building 2 objects for sources and headers made by the build".to_owned(),
            format!("wrote {} (4 units)", made.database),
        ]
    );
    let database = crate::Database::read(&made.database).unwrap();
    let files: Vec<_> = database
        .commands
        .iter()
        .map(|c| c.file.file_name().unwrap())
        .collect();
    assert_eq!(files, ["a.c", "m.c", "notes.c", "gen.c"]);
    let gen_unit = &database.commands[3];
    assert_eq!(gen_unit.object(), Some(Utf8Path::new("gen.o")));
    assert_eq!(
        gen_unit.arguments,
        [
            "clang-99",
            "-nostdinc",
            "-D__KERNEL__",
            "-I.",
            "-c",
            "-o",
            "gen.o",
            "gen.c"
        ]
    );
    let first = fs::read(&made.database).unwrap();
    assert!(request.output.join("gen.o").exists());
    let again = make(&request, &mut |_| {}).unwrap();
    assert_eq!(again.generated.objects, [""; 0]);
    assert_eq!(fs::read(again.database).unwrap(), first);
    let names = fs::read_dir(&request.output)
        .unwrap()
        .map(|e| e.unwrap().file_name());
    assert!(!names.into_iter().any(|name| name == "waitctx-dry-run.log"));
}

#[test]
fn units_that_still_lack_something_are_named() {
    let Tree { _root, request } = tree();
    fs::write(request.tree.join("m.c"), "#include \"never.h\"\n").unwrap();
    let made = make(&request, &mut |_| {}).unwrap();
    let lacking: Vec<_> = made
        .lacking
        .iter()
        .map(|l| (l.file.as_str(), l.what.as_str()))
        .collect();
    // No clang-99 here: gen.c is made before it is missed.
    let tree = &request.tree;
    assert!(
        lacking.contains(&(tree.join("m.c").as_str(), "never.h")),
        "{lacking:?}"
    );
}

#[test]
fn only_objects_are_asked_of_make() {
    for hostile in [
        "-f/x.o",
        "X=y.o",
        "/etc/x.o",
        "../x.o",
        "clean",
        "$(shell x).o",
        "a b.o",
        "a.o/../../b.o",
    ] {
        assert!(!is_object(Utf8Path::new(hostile)), "{hostile}");
    }
    assert!(is_object(Utf8Path::new(
        "arch/x86/lib/inat-tables_2.asn1.o"
    )));
    let Tree { _root, request } = tree();
    let none = generate_missing(&request, &["-f/x.o".into()], &mut |_| {}).unwrap();
    assert!(none.objects.is_empty() && none.log.is_none());
}

#[test]
fn options_are_set_and_verified() {
    let Tree { _root, mut request } = tree();
    request.set = vec![("KASAN".into(), "y".into()), ("A".into(), "n".into())];
    make(&request, &mut |_| {}).unwrap();
    let config = fs::read_to_string(request.output.join(".config")).unwrap();
    assert_eq!(config, "CONFIG_KASAN=y\n# CONFIG_A is not set\n");
    request.set.push(("UNKNOWN".into(), "y".into()));
    assert!(error(&request).contains("did not take UNKNOWN=y (it is n)"));
}

#[test]
fn a_configuration_can_be_a_file_or_another_target() {
    let Tree { _root, mut request } = tree();
    let file = request.tree.join("my.config");
    fs::write(&file, "CONFIG_MINE=m\n").unwrap();
    request.config = Config::File(file);
    make(&request, &mut |_| {}).unwrap();
    let config = || fs::read_to_string(request.output.join(".config")).unwrap();
    assert_eq!(config(), "CONFIG_MINE=m\n");
    let mut other = request.clone();
    other.config = Config::Target("tinyconfig".into());
    make(&other, &mut |_| {}).unwrap();
    assert_eq!(config(), "");
    other.config = Config::Target("clean".into());
    assert!(error(&other).contains("`clean` is not a configuration target"));
    other.config = Config::File("/nonexistent/config".into());
    assert!(error(&other).starts_with("/nonexistent/config: "));
}

#[test]
fn failures_say_what_to_do() {
    let Tree { _root, mut request } = tree();
    fs::create_dir_all(&request.output).unwrap();
    fs::write(request.output.join("break"), "").unwrap();
    let message = error(&request);
    assert!(message.contains("apt install flex"), "{message}");
    assert!(message.contains("waitctx-prepare.log"), "{message}");
    fs::remove_file(request.output.join("break")).unwrap();

    request.config = Config::Target("no_such_defconfig".into());
    let message = error(&request);
    assert!(message.contains("No rule to make target"), "{message}");

    request.config = Config::Defconfig;
    fs::write(
        request.tree.join("Makefile"),
        "defconfig prepare vmlinux modules: ;",
    )
    .unwrap();
    assert!(error(&request).contains("printed no compile command"));

    fs::write(request.tree.join(".config"), "").unwrap();
    let message = error(&request);
    assert!(
        message.contains(&format!("make -C {} mrproper", request.tree)),
        "{message}"
    );
    fs::remove_file(request.tree.join(".config")).unwrap();

    request.output = request.tree.clone();
    assert!(error(&request).contains("must be another one than the tree"));
    request.output = request.tree.join("with space");
    assert!(error(&request).contains("spaces or colons"));
    request.tree = request.tree.join("with space");
    assert!(error(&request).contains("is not a kernel source tree"));
}
