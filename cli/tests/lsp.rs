// SPDX-License-Identifier: MIT OR Apache-2.0
//! The language server, spoken with as an editor does.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "support/tree.rs"]
mod tree;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tree::{CACHE, SOURCE, Tree, status, stderr};

/// An editor that waits for each answer.
struct Editor {
    server: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    root: String,
}

impl Editor {
    fn start(tree: &Tree, options: &[&str]) -> Self {
        let mut server = Command::new(env!("CARGO_BIN_EXE_waitctx"))
            .arg("lsp")
            .args(options)
            .current_dir("/")
            .env("WAITCTX_CACHE_DIR", CACHE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(server.stdout.take().unwrap());
        let (sender, messages) = channel();
        thread::spawn(move || {
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let mut editor = Self {
            input: server.stdin.take(),
            server,
            messages,
            root: format!("file://{}", tree.root().canonicalize().unwrap().display()),
        };
        let folder = json!([{ "uri": editor.root, "name": "tree" }]);
        let parameters = json!({ "capabilities": {}, "processId": null, "rootUri": null, "workspaceFolders": folder });
        editor.send(json!({ "id": 1, "method": "initialize", "params": parameters }));
        let answer = editor.next();
        assert_eq!(answer["result"]["serverInfo"]["name"], "waitctx");
        let sync = &answer["result"]["capabilities"]["textDocumentSync"];
        assert_eq!(*sync, json!({ "openClose": true, "save": true }));
        editor.send(json!({ "method": "initialized", "params": {} }));
        editor
    }

    fn send(&mut self, mut message: Value) {
        message["jsonrpc"] = "2.0".into();
        let text = message.to_string();
        let input = self.input.as_mut().unwrap();
        write!(input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        input.flush().unwrap();
    }

    fn next(&self) -> Value {
        self.messages.recv_timeout(Duration::from_secs(60)).unwrap()
    }

    fn notify(&mut self, what: &str, file: &str) {
        let uri = format!("{}/{file}", self.root);
        let document = json!({ "uri": uri, "languageId": "c", "version": 1, "text": "" });
        let parameters = json!({ "textDocument": document });
        self.send(json!({ "method": format!("textDocument/{what}"), "params": parameters }));
    }

    /// The diagnostics of `file` that come next, and what is logged before.
    #[track_caller]
    fn diagnostics(&self, file: &str) -> (Vec<Value>, Vec<String>) {
        let mut logged = Vec::new();
        loop {
            let message = self.next();
            let parameters = &message["params"];
            match message["method"].as_str().unwrap() {
                "textDocument/publishDiagnostics" => {
                    let uri = format!("{}/{file}", self.root);
                    if parameters["uri"] == Value::String(uri) {
                        let found = parameters["diagnostics"].as_array().unwrap();
                        return (found.clone(), logged);
                    }
                }
                _ => logged.push(parameters["message"].as_str().unwrap().to_owned()),
            }
        }
    }

    fn stop(mut self) {
        self.send(json!({ "id": 2, "method": "shutdown" }));
        while self.next()["id"] != 2 {}
        self.send(json!({ "method": "exit" }));
        assert_eq!(self.server.wait().unwrap().code(), Some(0));
    }
}

fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.strip_prefix("Content-Length: ") {
            length = value.trim().parse().unwrap();
        } else if line.trim().is_empty() {
            break;
        }
    }
    let mut bytes = vec![0; length];
    output.read_exact(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn start(found: &Value) -> (u64, u64) {
    let start = &found["range"]["start"];
    (
        start["line"].as_u64().unwrap(),
        start["character"].as_u64().unwrap(),
    )
}

#[test]
fn an_open_file_shows_its_findings() {
    // Columns count as editors count them: the two bytes of the letter are one unit.
    let tree = Tree::new(&SOURCE.replace("\treset(device);", "/* ü */\treset(device);"));
    let mut editor = Editor::start(&tree, &[]);
    editor.notify("didOpen", "a.c");
    let (found, _) = editor.diagnostics("a.c");
    assert_eq!(found.len(), 2, "{found:?}");
    let main = &found[0];
    assert_eq!(start(main), (14, 8));
    assert_eq!(
        (&main["severity"], &main["code"]),
        (&json!(1), &json!("sleep-in-atomic"))
    );
    let text = main["message"].as_str().unwrap();
    assert!(
        text.starts_with("`reset` may sleep while `device.lock`"),
        "{text}"
    );
    let related = main["relatedInformation"].as_array().unwrap();
    let lines: Vec<u64> = related.iter().map(|it| start(&it["location"]).0).collect();
    assert_eq!(lines, [13, 14, 8]);
    assert_eq!(
        related[0]["message"],
        "1: stop takes `device.lock` (raw_spinlock_t)"
    );
    assert_eq!(
        related[2]["location"]["uri"],
        format!("{}/a.c", editor.root)
    );
    // Where it sleeps, too.
    assert_eq!(
        (start(&found[1]), &found[1]["severity"]),
        ((8, 1), &json!(3))
    );
    editor.stop();
}

#[test]
fn what_is_saved_is_read_again() {
    let tree = Tree::new("int f(void) { return 0; }\n");
    let mut editor = Editor::start(&tree, &[]);
    editor.notify("didOpen", "a.c");
    assert_eq!(editor.diagnostics("a.c").0.len(), 0);
    // The clock of file systems is coarse.
    thread::sleep(Duration::from_millis(30));
    tree.write("a.c", SOURCE);
    editor.notify("didSave", "a.c");
    assert_eq!(editor.diagnostics("a.c").0.len(), 2);
    editor.notify("didClose", "a.c");
    assert_eq!(editor.diagnostics("a.c").0.len(), 0);
    editor.stop();
}

#[test]
fn stored_units_tell_of_other_files() {
    const HOLDER: &str = "\
typedef struct raw_spinlock { int raw_lock; } raw_spinlock_t;
void _raw_spin_lock(raw_spinlock_t *lock);
void _raw_spin_unlock(raw_spinlock_t *lock);
void settle(void);
static raw_spinlock_t lock;
void hold(void)
{
\t_raw_spin_lock(&lock);
\tsettle();
\t_raw_spin_unlock(&lock);
}
";
    const CALM: &str = "void msleep(unsigned int msecs);\nvoid settle(void) { }\n";
    const SLEEPER: &str = "void msleep(unsigned int msecs);\nvoid settle(void) { msleep(1); }\n";
    let tree = Tree::of(&[("hold.c", HOLDER), ("settle.c", CALM)]);
    tree.run(&["extract", "--output", "all.facts"]);
    tree.write("waitctx.toml", "facts = \"all.facts\"\n");
    let mut editor = Editor::start(&tree, &[]);
    editor.notify("didOpen", "hold.c");
    assert_eq!(editor.diagnostics("hold.c").0.len(), 0);
    // A file that is saved changes what is said of the other one.
    thread::sleep(Duration::from_millis(30));
    tree.write("settle.c", SLEEPER);
    editor.notify("didOpen", "settle.c");
    let (found, logged) = editor.diagnostics("hold.c");
    assert_eq!((found.len(), logged.len()), (1, 0), "{logged:?}");
    assert_eq!(start(&found[0]), (8, 1));
    let (found, _) = editor.diagnostics("settle.c");
    assert_eq!(start(&found[0]), (1, 20));
    let text = found[0]["message"].as_str().unwrap();
    assert!(
        text.starts_with("this is reached from hold.c:9: `settle` may sleep"),
        "{text}"
    );
    editor.stop();

    // Without them, what was not seen is said.
    let tree = Tree::of(&[("hold.c", HOLDER), ("settle.c", CALM)]);
    let mut editor = Editor::start(&tree, &[]);
    editor.notify("didOpen", "hold.c");
    let (found, logged) = editor.diagnostics("hold.c");
    assert_eq!(found.len(), 0);
    assert!(
        logged[0].starts_with("waitctx read 1 of 2 units; "),
        "{logged:?}"
    );
    editor.stop();
}

#[test]
fn what_is_wrong_is_shown_and_ends_nothing() {
    let tree = Tree::new(SOURCE);
    fs::remove_file(tree.path("compile_commands.json")).unwrap();
    let mut editor = Editor::start(&tree, &[]);
    editor.notify("didOpen", "a.c");
    let shown = editor.next();
    assert_eq!(shown["method"], "window/showMessage");
    let text = shown["params"]["message"].as_str().unwrap();
    assert!(
        text.starts_with("waitctx: there is no compile_commands.json"),
        "{text}"
    );
    editor.send(json!({ "id": 7, "method": "textDocument/hover", "params": {} }));
    assert_eq!(editor.next()["error"]["code"], -32601);
    editor.stop();

    fs::write(tree.path("waitctx.toml"), "nonsense = 1").unwrap();
    let mut editor = Editor::start(&tree, &[]);
    editor.notify("didOpen", "a.c");
    let text = editor.next()["params"]["message"].to_string();
    assert!(text.contains("waitctx.toml:1:1"), "{text}");
    editor.stop();
}

#[test]
fn an_editor_that_leaves_is_no_failure() {
    let tree = Tree::new(SOURCE);
    let mut editor = Editor::start(&tree, &[]);
    editor.input = None;
    assert_eq!(editor.server.wait().unwrap().code(), Some(0));
    let output = tree.run(&["lsp"]);
    assert_eq!(status(&output), Some(0), "{}", stderr(&output));
}
