// SPDX-License-Identifier: MIT OR Apache-2.0
//! What git knows of the scanned tree: which files differ between two states of it, and what is in
//! them. The only place of this crate that runs another program.
//!
//! A repository's own configuration can name programs: hooks, file system monitors, filters, external
//! diffs, text converters, remote helpers. A scan executes nothing of the tree, so all of these are
//! switched off for every call, only plumbing commands are used, and nothing is fetched.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, anyhow, bail};
use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

use crate::failure::Advised;
use crate::sources::Overlay;

/// Settings that keep git from running anything that a repository names.
const HARMLESS: &[(&str, &str)] = &[
    ("core.fsmonitor", "false"),
    ("core.hooksPath", "/dev/null"),
    ("core.alternateRefsCommand", ""),
    ("core.pager", "cat"),
    ("core.sshCommand", "false"),
    ("diff.external", ""),
    ("diff.ignoreSubmodules", "all"),
    ("protocol.allow", "never"),
    ("submodule.recurse", "false"),
];

/// A repository, seen from a directory of its work tree.
pub(crate) struct Repository {
    directory: Utf8PathBuf,
    /// From the top of the work tree to `directory`: empty, or with a slash at the end.
    prefix: String,
    settings: Vec<(String, &'static str)>,
    /// Where a patch is applied, once one was.
    scratch: Option<Scratch>,
}

/// An index and objects beside those of the repository, which stays as it is.
struct Scratch {
    folder: TempDir,
    /// The objects of the repository.
    objects: String,
}

/// A patch fits to a commit that is at most so far back: a longer series is rare.
const LONGEST_SERIES: &str = "--max-count=60";

/// The name of a commit or tree that exists.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ObjectId(String);

/// Asks for the files that differ between a tree and the index.
const STAGED: [&str; 5] = [
    "diff-index",
    "--cached",
    "--name-only",
    "-z",
    "--no-renames",
];

impl ObjectId {
    /// The name itself.
    pub(crate) fn name(&self) -> &str {
        &self.0
    }
}

/// A state of the files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Snapshot {
    /// What is on the disk.
    WorkTree,
    /// What the next commit will have.
    Index,
    /// What a commit or tree has.
    Tree(ObjectId),
}

impl Repository {
    /// The repository that `directory` belongs to.
    pub(crate) fn of(directory: &Utf8Path) -> Result<Self> {
        let mut repository = Self {
            directory: directory.to_owned(),
            prefix: String::new(),
            settings: Vec::new(),
            scratch: None,
        };
        let prefix = repository.lines(&["rev-parse", "--show-prefix"]);
        let prefix = prefix.map_err(|error| {
            let error = error.to_string();
            let why = if error.contains("not a git repository") {
                String::new()
            } else {
                format!(" that can be used: {error}")
            };
            Advised::new(
                format!("{directory} is not in a git repository{why}"),
                "hooks and comparisons with another state (--since, --staged, check-patch) need one",
            )
        })?;
        repository.prefix = prefix.into_iter().next().unwrap_or_default();
        repository.settings = repository.filters()?;
        Ok(repository)
    }

    /// The commit that `revision` names.
    pub(crate) fn commit(&self, revision: &str) -> Result<ObjectId> {
        let name = format!("{revision}^{{commit}}");
        let arguments = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &name,
        ];
        let found = self.lines(&arguments).ok();
        match found.and_then(|lines| lines.into_iter().next()) {
            Some(id) => Ok(ObjectId(id)),
            None => Err(Advised::new(
                format!("git does not know the revision `{revision}`"),
                "give a commit, branch or tag, as in `--since HEAD~1`",
            )
            .into()),
        }
    }

    /// The last commit, if there is one yet; otherwise the tree without files.
    pub(crate) fn head_or_empty(&self) -> Result<ObjectId> {
        if let Ok(head) = self.commit("HEAD") {
            return Ok(head);
        }
        self.nothing()
    }

    /// The tree without files.
    fn nothing(&self) -> Result<ObjectId> {
        self.line(&["hash-object", "-t", "tree", "/dev/null"])
            .map(ObjectId)
    }

    /// Applies `patch` beside the repository: to the last commit that it fits to and that does not have
    /// it already, or else to the last one of all with as many of the patches `earlier` as it takes,
    /// the last of which were made last. What it was applied to, and the tree that this becomes.
    pub(crate) fn apply(
        &mut self,
        patch: &[u8],
        earlier: &[Vec<u8>],
    ) -> Result<(ObjectId, ObjectId)> {
        let objects = self.line(&[
            "rev-parse",
            "--path-format=absolute",
            "--git-path",
            "objects",
        ])?;
        let folder = tempfile::tempdir().context("there is no room for temporary files")?;
        fs::create_dir(folder.path().join("objects")).context("cannot write temporary files")?;
        self.scratch = Some(Scratch { folder, objects });
        // Names in patches start at the top.
        let top = self.line(&["rev-parse", "--show-toplevel"])?;
        let mut commits = self.lines(&["rev-list", "--first-parent", LONGEST_SERIES, "HEAD"])?;
        // The patch may be the first commit of all.
        commits.push(self.nothing()?.0);
        let mut first_error = None;
        let mut fits = None;
        for commit in &commits {
            match self.apply_to(commit, &top, patch) {
                Ok(tree) => {
                    let applied = (ObjectId(commit.clone()), tree);
                    // What only adds lines may fit a second time, behind the first.
                    if !self.has_patch(commit, &top, patch)? {
                        return Ok(applied);
                    }
                    fits.get_or_insert(applied);
                }
                Err(error) => {
                    first_error.get_or_insert(error);
                }
            }
        }
        if let Some(applied) = fits {
            return Ok(applied);
        }
        for start in (0..earlier.len()).rev() {
            let mut base = Ok(ObjectId(commits[0].clone()));
            for patch in &earlier[start..] {
                base = base.and_then(|base| self.apply_to(&base.0, &top, patch));
            }
            let applied = base.and_then(|base| {
                let tree = self.apply_to(&base.0, &top, patch)?;
                Ok((base, tree))
            });
            if applied.is_ok() {
                return applied;
            }
        }
        let why = first_error.map_or(String::new(), |it| format!("{it:#}"));
        let help = "the patch has to apply to HEAD or, when it is in the history already, to one of \
            the commits before; one that builds on others of its series can be checked after these";
        Err(Advised::new(format!("the patch does not apply: {why}"), help).into())
    }

    /// Applies `patch` to a commit or tree.
    fn apply_to(&self, commit: &str, top: &str, patch: &[u8]) -> Result<ObjectId> {
        self.in_scratch(top, &["read-tree", commit], &[])?;
        let apply = ["apply", "--cached", "--whitespace=nowarn", "-"];
        self.in_scratch(top, &apply, patch)?;
        let tree = text(self.in_scratch(top, &["write-tree"], &[])?)?;
        Ok(ObjectId(tree.trim().to_owned()))
    }

    /// Whether `patch` could be taken out of a commit or tree.
    fn has_patch(&self, commit: &str, top: &str, patch: &[u8]) -> Result<bool> {
        self.in_scratch(top, &["read-tree", commit], &[])?;
        let take_out = ["apply", "--cached", "--check", "--reverse", "-"];
        Ok(self.in_scratch(top, &take_out, patch).is_ok())
    }

    /// Runs git on an index of its own, from the top of the repository.
    fn in_scratch(&self, top: &str, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>> {
        let mut command = self.command(&[&["-C", top], arguments].concat());
        if let Some(scratch) = &self.scratch {
            command.env("GIT_INDEX_FILE", scratch.folder.path().join("index"));
        }
        run(command, arguments[0], input)
    }

    /// Where the hooks of the repository are, and whether that is a place of its own.
    pub(crate) fn hooks(&self) -> Result<(Utf8PathBuf, bool)> {
        let mut config = self.unprotected();
        config.args(["config", "--type=path", "core.hooksPath"]);
        let configured = config.output().context("cannot run git")?;
        let own = self.line(&["rev-parse", "--path-format=absolute", "--git-common-dir"])?;
        let own = Utf8PathBuf::from(own);
        let configured = text(configured.stdout)?;
        Ok(match configured.trim() {
            "" => (own.join("hooks"), true),
            path => {
                // Relative ones start where hooks run.
                let top = self.line(&["rev-parse", "--show-toplevel"])?;
                let path = Utf8PathBuf::from(&top).join(path);
                let inside = path.starts_with(&top) || path.starts_with(&own);
                (path, inside)
            }
        })
    }

    /// From the top of the work tree to the directory: empty, or with a slash at the end.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Which files were renamed between `base` and `snapshot`: the new name, then the old one.
    pub(crate) fn renames(
        &self,
        base: &ObjectId,
        snapshot: &Snapshot,
    ) -> Result<Vec<(String, String)>> {
        // A file that was renamed on the disk only is a new one.
        let mut arguments = match snapshot {
            Snapshot::WorkTree | Snapshot::Index => vec!["diff-index", "--cached"],
            Snapshot::Tree(_) => vec!["diff-tree", "-r"],
        };
        arguments.extend(["-M", "--diff-filter=R", "--name-status", "-z", &base.0]);
        if let Snapshot::Tree(tree) = snapshot {
            arguments.push(&tree.0);
        }
        arguments.push("--");
        let output = text(self.run(&arguments, &[])?)?;
        let mut fields = output.split('\0');
        let mut renames = Vec::new();
        while let (Some(_), Some(old), Some(new)) = (fields.next(), fields.next(), fields.next()) {
            if let (Some(old), Some(new)) = (self.inside(old), self.inside(new)) {
                renames.push((new.to_owned(), old.to_owned()));
            }
        }
        Ok(renames)
    }

    /// The files that differ, or may differ, between the work tree and `snapshot`, in order. Files
    /// that git has never known are not among them.
    fn differing(&self, snapshot: &Snapshot) -> Result<Vec<String>> {
        let on_disk = ["diff-files", "--name-only", "-z", "--ignore-submodules=all"];
        let mut names = match snapshot {
            Snapshot::WorkTree => return Ok(Vec::new()),
            Snapshot::Index => {
                // What was taken out of the index may still be on the disk.
                let head = self.head_or_empty()?;
                self.names(&[&STAGED[..], &["--diff-filter=D", &head.0]].concat())?
            }
            Snapshot::Tree(tree) => self.names(&[&STAGED[..], &[&tree.0]].concat())?,
        };
        names.extend(self.names(&on_disk)?);
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// The files that git has never known and is not told to ignore, in order.
    pub(crate) fn untracked(&self) -> Result<Vec<String>> {
        // Named from the directory, unlike those in differences.
        let output = text(self.run(&["ls-files", "--others", "--exclude-standard", "-z"], &[])?)?;
        let names = output.split('\0').filter(|name| !name.is_empty());
        Ok(names.map(str::to_owned).collect())
    }

    /// The files that differ between `base` and `snapshot`, in order.
    pub(crate) fn changed(&self, base: &ObjectId, snapshot: &Snapshot) -> Result<Vec<String>> {
        let mut names = match snapshot {
            Snapshot::Tree(tree) => {
                let trees = ["diff-tree", "-r", "--name-only", "-z", "--no-renames"];
                self.names(&[&trees[..], &[&base.0, &tree.0, "--"]].concat())?
            }
            Snapshot::Index => self.names(&[&STAGED[..], &[&base.0, "--"]].concat())?,
            Snapshot::WorkTree => {
                let mut names = self.names(&[&STAGED[..], &[&base.0, "--"]].concat())?;
                names.extend(self.differing(&Snapshot::Index)?);
                names
            }
        };
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// What is in each of `files`: `None` for one that `snapshot` does not have.
    pub(crate) fn contents(
        &self,
        snapshot: &Snapshot,
        files: &[&str],
    ) -> Result<Vec<Option<Vec<u8>>>> {
        let object = |file: &&str| match snapshot {
            Snapshot::WorkTree => String::new(),
            Snapshot::Index => format!(":0:{}{file}", self.prefix),
            Snapshot::Tree(tree) => format!("{}:{}{file}", tree.0, self.prefix),
        };
        if *snapshot == Snapshot::WorkTree {
            let read = |file: &&str| fs::read(self.directory.join(file)).ok();
            return Ok(files.iter().map(read).collect());
        }
        // The protocol is one of lines.
        let asked: Vec<String> = files
            .iter()
            .filter(|file| !file.contains('\n'))
            .map(object)
            .collect();
        let mut found = self.blobs(&asked)?.into_iter();
        let known = |file: &&str| !file.contains('\n');
        Ok(files
            .iter()
            .map(|file| known(file).then(|| found.next().flatten())?)
            .collect())
    }

    /// The files that have to be read differently than from the disk to see `snapshot`.
    pub(crate) fn overlay(&self, snapshot: &Snapshot) -> Result<Overlay> {
        let names = self.differing(snapshot)?;
        let files: Vec<&str> = names.iter().map(String::as_str).collect();
        let contents = self.contents(snapshot, &files)?;
        Ok(names.into_iter().zip(contents).collect())
    }

    fn blobs(&self, objects: &[String]) -> Result<Vec<Option<Vec<u8>>>> {
        let mut child = self
            .command(&["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot run git")?;
        let mut input = child.stdin.take().context("git has no input")?;
        let output = child.stdout.take().context("git has no output")?;
        let asked: String = objects.iter().map(|it| format!("{it}\n")).collect();
        // Git answers while it is being asked, and would stop to wait for a reader.
        let writer = thread::spawn(move || input.write_all(asked.as_bytes()));
        let found = read_blobs(BufReader::new(output), objects.len());
        let written = writer.join().map_err(|_| anyhow!("git was not asked"))?;
        let status = child.wait().context("cannot run git")?;
        written.context("cannot ask git")?;
        if !status.success() {
            bail!("git cat-file failed: {status}");
        }
        found
    }

    fn names(&self, arguments: &[&str]) -> Result<Vec<String>> {
        let output = text(self.run(arguments, &[])?)?;
        let names = output.split('\0').filter_map(|name| self.inside(name));
        Ok(names.map(str::to_owned).collect())
    }

    /// A name from the top of the work tree as one from the directory, if it is inside.
    fn inside<'n>(&self, name: &'n str) -> Option<&'n str> {
        name.strip_prefix(&self.prefix).filter(|it| !it.is_empty())
    }

    /// Settings that make the repository's filters do nothing.
    fn filters(&self) -> Result<Vec<(String, &'static str)>> {
        let output = text(self.run(&["config", "--list", "--name-only", "-z"], &[])?)?;
        let mut settings = Vec::new();
        for name in output.split('\0') {
            let value = match name.rsplit_once('.') {
                Some((group, "clean" | "smudge" | "process")) if group.starts_with("filter.") => "",
                Some((group, "required")) if group.starts_with("filter.") => "false",
                Some((group, "textconv" | "command")) if group.starts_with("diff.") => "",
                _ => continue,
            };
            settings.push((name.to_owned(), value));
        }
        Ok(settings)
    }

    fn line(&self, arguments: &[&str]) -> Result<String> {
        let lines = self.lines(arguments)?;
        lines.into_iter().next().context("git says nothing")
    }

    fn lines(&self, arguments: &[&str]) -> Result<Vec<String>> {
        let output = text(self.run(arguments, &[])?)?;
        Ok(output.lines().map(str::to_owned).collect())
    }

    fn run(&self, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>> {
        run(self.command(arguments), arguments[0], input)
    }

    /// Git with the repository's own settings, which may name programs.
    fn unprotected(&self) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.directory);
        // What it says is looked at.
        command.env("LC_ALL", "C");
        // Hooks are run with a path that is relative to where they run.
        if let Some(path) = relative_to_here("GIT_DIR") {
            command.env("GIT_DIR", path);
        }
        command
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.unprotected();
        command
            .args(["--no-pager", "--no-optional-locks"])
            .args(arguments)
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_TERMINAL_PROMPT", "0");
        let given = env::var("GIT_CONFIG_COUNT").ok();
        let mut count: usize = given.and_then(|it| it.parse().ok()).unwrap_or(0);
        let known = HARMLESS.iter().map(|(name, value)| (*name, *value));
        let found = self
            .settings
            .iter()
            .map(|(name, value)| (name.as_str(), *value));
        for (name, value) in known.chain(found) {
            command.env(format!("GIT_CONFIG_KEY_{count}"), name);
            command.env(format!("GIT_CONFIG_VALUE_{count}"), value);
            count += 1;
        }
        command.env("GIT_CONFIG_COUNT", count.to_string());
        if let Some(scratch) = &self.scratch {
            command
                .env(
                    "GIT_OBJECT_DIRECTORY",
                    scratch.folder.path().join("objects"),
                )
                .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", &scratch.objects);
        }
        command
    }
}

/// Runs git, which is to do `what`, and gives it `input`.
fn run(mut command: Command, what: &str, input: &[u8]) -> Result<Vec<u8>> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| Advised::new(format!("cannot run git: {error}"), "is git installed?"))?;
    let mut pipe = child.stdin.take().context("git has no input")?;
    let input = input.to_vec();
    let writer = thread::spawn(move || pipe.write_all(&input));
    let output = child.wait_with_output().context("cannot run git")?;
    // That git did not want all of it shows in its status.
    let _ = writer.join();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let first = said.lines().next().unwrap_or("it does not say why");
        bail!("git {what}: {first}");
    }
    Ok(output.stdout)
}

fn relative_to_here(variable: &str) -> Option<OsString> {
    let path = env::var_os(variable)?;
    let absolute = env::current_dir().ok()?.join(path);
    Some(absolute.into_os_string())
}

fn text(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|_| anyhow!("git names a file that is not UTF-8"))
}

/// What `cat-file --batch` answers to `count` questions.
fn read_blobs(mut output: impl BufRead, count: usize) -> Result<Vec<Option<Vec<u8>>>> {
    let mut blobs = Vec::with_capacity(count);
    for _ in 0..count {
        let mut header = String::new();
        output.read_line(&mut header)?;
        let header = header.trim_end();
        // A name may have blanks, so what is not an object is told by its end.
        let size = header
            .rsplit_once(' ')
            .and_then(|(head, size)| Some((head.rsplit_once(' ')?.1, size.parse::<u64>().ok()?)));
        let Some((kind, size)) = size else {
            if header.is_empty() {
                bail!("git cat-file ended before its last answer");
            }
            blobs.push(None);
            continue;
        };
        let mut bytes = Vec::new();
        output.by_ref().take(size).read_to_end(&mut bytes)?;
        output.read_exact(&mut [0])?;
        blobs.push((kind == "blob").then_some(bytes));
    }
    Ok(blobs)
}
