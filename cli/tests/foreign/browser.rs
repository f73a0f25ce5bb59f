// SPDX-License-Identifier: MIT OR Apache-2.0
//! A browser that does what it is told: as much of WebDriver (<https://www.w3.org/TR/webdriver2/>) as
//! the tests need, through chromedriver.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use libtest_mimic::Failed;
use serde_json::{Value, json};

/// A browser window. It closes when this is dropped.
pub(crate) struct Browser {
    driver: Child,
    session: String,
}

/// Keys that have no character, as WebDriver writes them.
pub(crate) const ENTER: &str = "\u{e007}";
pub(crate) const ESCAPE: &str = "\u{e00c}";

/// How often, and how long in between, a value is looked at that should change soon.
const LOOKS: usize = 300;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

impl Browser {
    /// Starts chromedriver and opens a window of this size.
    pub(crate) fn start(driver: &Path, width: u32, height: u32) -> Result<Self, Failed> {
        let mut driver = Command::new(driver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = driver.stdout.take().ok_or("chromedriver has no output")?;
        let mut lines = BufReader::new(output).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, rest) = line.split_once("started successfully on port ")?;
            Some(rest.trim_end_matches('.').to_owned())
        });
        // It must be able to write more, or it stops.
        thread::spawn(move || lines.for_each(drop));
        let mut browser = Self {
            driver,
            session: String::new(),
        };
        let port = port.ok_or("chromedriver does not say its port")?;
        let options = json!({
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu",
                "--disable-dev-shm-usage", "--disable-background-networking", "--disable-sync",
                "--disable-component-update", "--no-first-run", format!("--window-size={width},{height}")]
        });
        let capabilities = json!({
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL" }
        });
        let base = format!("http://127.0.0.1:{port}/session");
        let answer = post(
            &base,
            &json!({ "capabilities": { "alwaysMatch": capabilities } }),
        )?;
        let id = answer["sessionId"].as_str().ok_or("there is no session")?;
        browser.session = format!("{base}/{id}");
        Ok(browser)
    }

    /// Loads a file.
    pub(crate) fn load(&self, page: &Path) -> Result<(), Failed> {
        let url = format!("file://{}", page.display());
        self.post("url", &json!({ "url": url })).map(drop)
    }

    /// The value of an expression in the page; a promise is waited for.
    pub(crate) fn value(&self, expression: &str) -> Result<Value, Failed> {
        let script = format!("return {expression}");
        self.post("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Waits until an expression has this value. What keys and clicks set off, the page does when it
    /// comes to it, so a value that is looked at once may still be the one of before.
    pub(crate) fn wait_for(
        &self,
        expression: &str,
        expected: impl Into<Value>,
        what: &str,
    ) -> Result<(), Failed> {
        let expected = expected.into();
        let mut last = Err("nothing".into());
        for _ in 0..LOOKS {
            last = self.value(expression);
            if last.as_ref().is_ok_and(|value| *value == expected) {
                return Ok(());
            }
            thread::sleep(BETWEEN_LOOKS);
        }
        // An expression that cannot be evaluated yet fails with the reason.
        Err(format!("{what} is {}, not {expected}", last?).into())
    }

    /// Presses keys one after the other.
    pub(crate) fn press(&self, keys: &str) -> Result<(), Failed> {
        let actions: Vec<Value> = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })))
            .collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.post("actions", &json!({ "actions": [keyboard] }))
            .map(drop)
    }

    /// Resizes the window.
    pub(crate) fn resize(&self, width: u32, height: u32) -> Result<(), Failed> {
        self.post("window/rect", &json!({ "width": width, "height": height }))
            .map(drop)
    }

    /// Keeps a picture of the window for people, where cargo keeps such things.
    pub(crate) fn picture(&self, name: &str) -> Result<(), Failed> {
        let answer = ureq::get(format!("{}/screenshot", self.session))
            .call()?
            .body_mut()
            .read_json::<Value>()?;
        let encoded = answer["value"].as_str().ok_or("there is no picture")?;
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(path, decoded(encoded))?;
        Ok(())
    }

    /// The page as it would be printed.
    pub(crate) fn print(&self) -> Result<Vec<u8>, Failed> {
        let answer = self.post("print", &json!({}))?;
        Ok(decoded(answer.as_str().unwrap_or_default()))
    }

    /// What the page complained of.
    pub(crate) fn complaints(&self) -> Result<Vec<String>, Failed> {
        let log = self.post("se/log", &json!({ "type": "browser" }))?;
        let entries = log.as_array().cloned().unwrap_or_default();
        Ok(entries.iter().map(|it| it["message"].to_string()).collect())
    }

    fn post(&self, command: &str, body: &Value) -> Result<Value, Failed> {
        post(&format!("{}/{command}", self.session), body)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            // Also when this fails, the driver ends below.
            let _ = ureq::delete(&self.session).call();
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn post(url: &str, body: &Value) -> Result<Value, Failed> {
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .new_agent();
    let mut response = agent.post(url).send_json(body)?;
    let mut answer: Value = response
        .body_mut()
        .with_config()
        .limit(64 << 20)
        .read_json()?;
    if !response.status().is_success() {
        return Err(format!("{url}: {}", answer["value"]["message"]).into());
    }
    Ok(answer["value"].take())
}

/// The bytes of a text in base 64.
fn decoded(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut buffer, mut bits) = (0_u32, 0);
    for digit in text.bytes() {
        let Some(value) = DIGITS.iter().position(|it| *it == digit) else {
            continue; // padding
        };
        buffer = buffer << 6 | u32::try_from(value).unwrap();
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(buffer >> bits & 0xff).unwrap());
        }
    }
    bytes
}
