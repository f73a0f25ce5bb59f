// SPDX-License-Identifier: MIT OR Apache-2.0
//! A language server: what is found in files that are open in an editor.
//!
//! Two threads. This one speaks with the editor and never waits for the other one, which reads and
//! solves ([`worker`]). Files are read as they are on the disk, so findings appear when a file is
//! opened and change when it is saved; between, editors move them along with the text.

mod diagnostics;
mod uri;
mod worker;

use std::thread;

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use crossbeam_channel::{Sender, select, unbounded};
use gen_lsp_types::{
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
    InitializeParams, LogMessageParams, MessageType, PublishDiagnosticsParams, ServerCapabilities,
    ServerInfo, ShowMessageParams, TextDocumentSyncOptions, Uri,
};
use lsp_server::{Connection, ErrorCode, Message, Notification, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use self::worker::{Event, News, Worker};
use crate::analysis;
use crate::reading;

/// Values nest deeply, as in every thread that solves.
const STACK: usize = 64 << 20;

/// Serves on standard input and output until the editor ends it.
pub(crate) fn serve(program: analysis::Arguments) -> Result<()> {
    let (connection, threads) = Connection::stdio();
    // The editor may have gone at any time, which is no failure.
    if converse(&connection, program)?.is_some() {
        drop(connection);
        threads.join().context("the editor cannot be reached")?;
    }
    Ok(())
}

/// `None` when the editor left without a word.
fn converse(connection: &Connection, mut program: analysis::Arguments) -> Result<Option<()>> {
    let Ok((id, parameters)) = connection.initialize_start() else {
        return Ok(None);
    };
    let parameters: InitializeParams = serde_json::from_value(parameters)
        .context("the editor's first message is not understood")?;
    if let Some(folder) = root(&parameters) {
        program.input.default_to(folder);
    }
    let capabilities = ServerCapabilities {
        text_document_sync: Some(
            TextDocumentSyncOptions {
                open_close: Some(true),
                save: Some(true.into()),
                ..TextDocumentSyncOptions::default()
            }
            .into(),
        ),
        ..ServerCapabilities::default()
    };
    let answer = serde_json::json!({
        "capabilities": capabilities,
        "serverInfo": ServerInfo {
            name: "waitctx".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        },
    });
    if connection.initialize_finish(id, answer).is_err() {
        return Ok(None);
    }
    let (events, to_do) = unbounded();
    let (done, news) = unbounded();
    let worker = program.prepare().and_then(|setup| {
        reading::only(&setup.configurations, "what an editor shows")?;
        Worker::new(setup, program)
    });
    match worker {
        // The thread ends with the process: nobody waits for what it is doing.
        Ok(worker) => {
            thread::Builder::new()
                .name("worker".to_owned())
                .stack_size(STACK)
                .spawn(move || worker.run(&to_do, &done))
                .context("cannot start a thread")?;
        }
        Err(error) => {
            let text = format!("waitctx: {error:#}");
            let _ = done.send(News::Message(MessageType::Error, text));
        }
    }
    loop {
        select! {
            recv(connection.receiver) -> message => {
                let Ok(message) = message else { return Ok(None) };
                if take(connection, &events, message)? {
                    return Ok(Some(()));
                }
            }
            recv(news) -> it => {
                // Without a worker there is no more news, and an editor that waits to be told so.
                let Ok(it) = it else { return wait_for_the_end(connection) };
                if tell(connection, it).is_err() {
                    return Ok(None);
                }
            }
        }
    }
}

/// Takes a message of the editor; says whether it was the last one.
fn take(connection: &Connection, events: &Sender<Event>, message: Message) -> Result<bool> {
    match message {
        Message::Request(request) => {
            if connection.handle_shutdown(&request)? {
                return Ok(true);
            }
            let text = format!("there is no {}", request.method);
            let answer = Response::new_err(request.id, ErrorCode::MethodNotFound as i32, text);
            let _ = connection.sender.send(answer.into());
        }
        Message::Notification(notification) => {
            if let Some(event) = event(notification) {
                let _ = events.send(event);
            }
        }
        Message::Response(_) => {}
    }
    Ok(false)
}

fn wait_for_the_end(connection: &Connection) -> Result<Option<()>> {
    let (events, _) = unbounded();
    for message in &connection.receiver {
        if take(connection, &events, message)? {
            return Ok(Some(()));
        }
    }
    Ok(None)
}

/// The folder that the editor works in.
fn root(parameters: &InitializeParams) -> Option<Utf8PathBuf> {
    let given = serde_json::to_value(parameters).ok()?;
    let uri = given["workspaceFolders"][0]["uri"]
        .as_str()
        .or_else(|| given["rootUri"].as_str())?;
    uri::path(&Uri(uri.to_owned()))
}

fn event(notification: Notification) -> Option<Event> {
    fn document<P: DeserializeOwned>(
        notification: Notification,
        uri: impl Fn(P) -> Uri,
    ) -> Option<Utf8PathBuf> {
        uri::path(&uri(serde_json::from_value(notification.params).ok()?))
    }
    match notification.method.as_str() {
        "textDocument/didOpen" => {
            let uri = |it: DidOpenTextDocumentParams| it.text_document.uri;
            document(notification, uri).map(Event::Opened)
        }
        "textDocument/didSave" => {
            let uri = |it: DidSaveTextDocumentParams| it.text_document.uri;
            document(notification, uri).map(Event::Saved)
        }
        "textDocument/didClose" => {
            let uri = |it: DidCloseTextDocumentParams| it.text_document.uri;
            document(notification, uri).map(Event::Closed)
        }
        _ => None,
    }
}

fn tell(connection: &Connection, news: News) -> Result<()> {
    fn notify(connection: &Connection, method: &str, parameters: impl Serialize) -> Result<()> {
        let message = Notification::new(method.to_owned(), parameters);
        connection.sender.send(message.into())?;
        Ok(())
    }
    match news {
        News::Diagnostics(path, diagnostics) => {
            let parameters = PublishDiagnosticsParams::new(uri::of(&path), None, diagnostics);
            notify(connection, "textDocument/publishDiagnostics", parameters)
        }
        // What is wrong is shown, the rest can be looked up.
        News::Message(MessageType::Error, text) => {
            let parameters = ShowMessageParams::new(MessageType::Error, text);
            notify(connection, "window/showMessage", parameters)
        }
        News::Message(kind, text) => {
            let parameters = LogMessageParams::new(kind, text);
            notify(connection, "window/logMessage", parameters)
        }
    }
}
