//! A real browser, spoken to over a pipe (Chrome DevTools Protocol): it opens pages, fills in forms and sends them, and says what it
//! shows. Nothing but the browser itself is needed.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A browser with one page. Dropped, it ends.
#[derive(Debug)]
pub struct Browser {
    child: Child,
    orders: File,
    answers: BufReader<File>,
    session: Value,
    last: u64,
    /// Complaints of pages: what the browser's console was told.
    pub complaints: Vec<String>,
    _folder: TempDir,
}

/// The name of a browser that this machine has.
#[must_use]
pub fn found() -> Option<&'static str> {
    let runs = |name: &&str| {
        let run = Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        run.is_ok_and(|status| status.success())
    };
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find(runs)
}

impl Browser {
    /// Starts one; none where this machine has none, and then the test says that it is skipped.
    #[must_use]
    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    pub fn start() -> Option<Self> {
        let Some(name) = found() else {
            eprintln!("skipped: no browser on this machine");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("qadam-browser-").tempdir().unwrap();
        let (orders, answers) = (folder.path().join("orders"), folder.path().join("answers"));
        assert!(Command::new("mkfifo").args([&orders, &answers]).status().unwrap().success());
        // The browser reads orders from descriptor 3 and answers on 4, which a shell can give it.
        let line = format!(
            "exec {name} --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync \
             --disable-background-networking --disable-component-update --remote-debugging-pipe \
             --user-data-dir=\"$0/profile\" about:blank 3<\"$0/orders\" 4>\"$0/answers\""
        );
        let child = Command::new("sh")
            .arg("-c")
            .arg(line)
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let orders = File::options().write(true).open(orders).unwrap();
        let answers = BufReader::new(File::open(answers).unwrap());
        let (session, complaints) = (Value::Null, Vec::new());
        let mut browser = Self { child, orders, answers, session, last: 0, complaints, _folder: folder };
        let page = browser.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let attached = browser.call("Target.attachToTarget", &json!({ "targetId": page["targetId"], "flatten": true }));
        browser.session = attached["sessionId"].clone();
        for domain in ["Page", "Runtime", "Log"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        Some(browser)
    }

    /// One order, and its answer.
    ///
    /// # Panics
    /// If the browser refuses or is gone.
    pub fn call(&mut self, method: &str, params: &Value) -> Value {
        self.asked(method, params).unwrap_or_else(|refusal| panic!("{method}: {refusal}"))
    }

    fn asked(&mut self, method: &str, params: &Value) -> Result<Value, String> {
        self.last += 1;
        let mut order = json!({ "id": self.last, "method": method, "params": params });
        if !self.session.is_null() {
            order["sessionId"] = self.session.clone();
        }
        self.orders.write_all(format!("{order}\0").as_bytes()).unwrap();
        loop {
            let mut bytes = Vec::new();
            self.answers.read_until(0, &mut bytes).unwrap();
            assert_eq!(bytes.pop(), Some(0), "the browser is gone");
            let mut answer: Value = serde_json::from_slice(&bytes).unwrap();
            let heard = answer["method"].as_str().unwrap_or_default();
            if heard == "Log.entryAdded" || heard == "Runtime.exceptionThrown" {
                self.complaints.push(answer["params"].to_string());
            }
            if answer["id"] == self.last {
                let refusal = answer.get("error").map(ToString::to_string);
                return refusal.map_or_else(|| Ok(answer["result"].take()), Err);
            }
        }
    }

    /// What an expression gives in the page; nothing, where the page is being left just then.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "returnByValue": true });
        match self.asked("Runtime.evaluate", &params) {
            Ok(answer) => answer["result"]["value"].clone(),
            Err(refusal) if refusal.contains("navigated") || refusal.contains("context") => Value::Null,
            Err(refusal) => panic!("{expression}: {refusal}"),
        }
    }

    /// Opens a page, and waits for it.
    pub fn open(&mut self, url: &str) {
        self.call("Page.navigate", &json!({ "url": url }));
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'");
    }

    /// Writes into a field as a person does, and sends its form.
    pub fn send(&mut self, field: &str, text: &str) {
        self.evaluate(&format!("document.querySelector({}).focus()", json!(field)));
        self.call("Input.insertText", &json!({ "text": text }));
        self.leaves(&format!("document.querySelector({}).form.requestSubmit()", json!(field)));
    }

    /// Presses a button.
    pub fn press(&mut self, button: &str) {
        self.leaves(&format!("document.querySelector({}).click()", json!(button)));
    }

    /// Does something that leads to another page, and waits for that.
    fn leaves(&mut self, expression: &str) {
        self.evaluate("window.old = true");
        self.evaluate(expression);
        self.until("window.old !== true && document.readyState === 'complete'");
    }

    /// Waits until something is so in the page.
    ///
    /// # Panics
    /// If it does not come about in half a minute.
    pub fn until(&mut self, expression: &str) {
        let since = Instant::now();
        while self.evaluate(expression) != json!(true) {
            assert!(since.elapsed() < Duration::from_secs(30), "{expression}: {}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What a person can read on the page.
    pub fn text(&mut self) -> String {
        self.evaluate("document.body.innerText").as_str().unwrap_or_default().to_owned()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
