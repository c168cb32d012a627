//! A task in a directory of its own, and processes that take part in it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use serde_json::Value;
use spec::ExitCode;
use tempfile::TempDir;
use transport::identity;

/// The program under test.
pub const QUORATE: &str = env!("CARGO_BIN_EXE_quorate");
/// What a busy machine may add to a time-out.
pub const SLACK: Duration = Duration::from_secs(20);
/// Parties and their columns.
const COLUMNS: [(&str, &str); 3] = [("bank", "amount"), ("bureau", "debt"), ("employer", "wage")];
/// Rows of every table.
pub const ROWS: usize = 10;

/// The value of a party in a row: seven digits that no identifier contains by accident.
pub fn secret(party: usize, row: usize) -> u64 {
    4_827_191 + 1_000_003 * party as u64 + 7_919 * row as u64
}

/// A task among the first `n` of bank, bureau and employer.
pub struct Setting {
    pub dir: TempDir,
    pub n: usize,
    pub ports: Vec<u16>,
    pub pins: Vec<String>,
    /// Seconds: connect, idle, step.
    pub timeouts: [u64; 3],
    /// Inner products of bank's and bureau's columns, all for the bank; the first two are the same.
    pub products: usize,
}

impl Setting {
    pub fn new(n: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let names = COLUMNS[..n].iter().map(|(name, _)| name);
        let pins = names.map(|name| identity::keygen(&dir.path().join(name), 1).unwrap().to_string()).collect();
        let ports = (0..n).map(|_| free_port()).collect();
        let setting = Self { dir, n, ports, pins, timeouts: [60, 20, 40], products: 1 };
        for (p, (name, _)) in COLUMNS[..n].iter().enumerate() {
            setting.write(name, &setting.table(p));
        }
        setting.write_task();
        setting
    }
    pub fn with_timeouts(mut self, timeouts: [u64; 3]) -> Self {
        self.timeouts = timeouts;
        self.write_task();
        self
    }
    pub fn with_products(mut self, products: usize) -> Self {
        self.products = products;
        self.write_task();
        self
    }
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
    pub fn task(&self) -> PathBuf {
        self.path("task.toml")
    }
    /// The honest table of a party.
    pub fn table(&self, party: usize) -> String {
        let rows = (0..ROWS).map(|row| format!("id{row},{}\n", secret(party, row)));
        format!("id,{}\n{}", COLUMNS[party].1, rows.collect::<String>())
    }
    /// Replaces a party's table.
    pub fn write(&self, party: &str, table: &str) {
        fs::write(self.path(&format!("{party}.csv")), table).unwrap();
    }
    pub fn write_task(&self) {
        fs::write(self.task(), self.text()).unwrap();
    }
    /// The text of the task file.
    pub fn text(&self) -> String {
        let [connect, idle, step] = self.timeouts;
        let mut text = format!(
            "session = \"small\"\nfield = \"f128\"\nrows = {ROWS}\n\n[timeouts]\nconnect_seconds = {connect}\n\
             idle_seconds = {idle}\nstep_seconds = {step}\n"
        );
        for (p, (name, column)) in COLUMNS[..self.n].iter().enumerate() {
            text += &format!(
                "\n[[party]]\nname = \"{name}\"\naddress = \"127.0.0.1:{}\"\nfingerprint = \"{}\"\n\n[party.data]\n\
                 file = \"{name}.csv\"\nid = \"id\"\ncolumns = [{{ name = \"{column}\", type = \"integer\", range = [0, \
                 9999999] }}]\n",
                self.ports[p], self.pins[p]
            );
        }
        for k in 0..self.products {
            text += &format!(
                "\n[[output]]\nname = \"exposure {k}\"\ncompute = \"inner_product\"\ncolumns = [\"bank.amount\"]\n\
                 with = \"bureau.debt\"\nto = [\"bank\"]\n"
            );
        }
        if self.n > 2 {
            text += "\n[[output]]\nname = \"wages\"\ncompute = \"sum\"\ncolumns = [\"employer.wage\"]\nto = [\"employer\"]\n";
        }
        text
    }
    /// What the inner product must be.
    pub fn exposure() -> u64 {
        (0..ROWS).map(|row| secret(0, row) * secret(1, row)).sum()
    }

    /// `quorate party` with these further arguments.
    pub fn party(&self, name: &str, more: &[&str]) -> Process {
        let mut all = vec!["--json", "--progress", "json"];
        all.extend(more);
        self.member("party", name, &all)
    }
    /// `quorate party` or `quorate doctor`.
    pub fn member(&self, command: &str, name: &str, more: &[&str]) -> Process {
        let mut program = self.command(command);
        program.arg(self.task()).args(["--me", name]).args(more);
        Process::start(name, program)
    }
    /// The program with its state in this setting.
    pub fn command(&self, command: &str) -> Command {
        let mut program = Command::new(QUORATE);
        program.arg(command).env("QUORATE_STATE", self.path("state")).env("TMPDIR", self.dir.path());
        program
    }
    /// `quorate run` with these arguments.
    pub fn run(&self, more: &[&str]) -> Process {
        let mut program = self.command("run");
        program.arg(self.task()).args(more);
        Process::start("run", program)
    }
    /// Fails if anything secret of this setting occurs in the text.
    pub fn assert_no_secret(&self, text: &str) {
        for (p, (name, _)) in COLUMNS[..self.n].iter().enumerate() {
            for row in 0..ROWS {
                assert!(!text.contains(&secret(p, row).to_string()), "a cell of row {row} was printed:\n{text}");
            }
            let key = fs::read_to_string(self.path(&format!("{name}.key"))).unwrap_or_default();
            for line in key.lines().filter(|l| !l.starts_with("---") && !l.is_empty()) {
                assert!(!text.contains(line), "a private key was printed:\n{text}");
            }
        }
        assert!(!text.contains("PRIVATE KEY"), "{text}");
    }
}

/// A port that nobody listens on, below those that the system gives to callers.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let k = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_add((std::process::id() as u16).wrapping_mul(97));
        let port = 20_000 + k % 12_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A process of the program under test. Dropping it kills it.
pub struct Process {
    name: String,
    child: Child,
    started: Instant,
    lines: Receiver<String>,
    seen: Vec<String>,
    output: Option<JoinHandle<String>>,
}

impl Process {
    pub fn start(name: &str, mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (mut stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let output = std::thread::spawn(move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text).map(|_| text).unwrap()
        });
        let (to, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let _ = to.send(line);
            }
        });
        Self { name: name.into(), child, started: Instant::now(), lines, seen: vec![], output: Some(output) }
    }
    pub fn id(&self) -> u32 {
        self.child.id()
    }
    /// Waits until the process reports this phase of its progress.
    pub fn wait_for(&mut self, phase: &str) {
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(60));
            let line = line.unwrap_or_else(|e| panic!("{} never came to {phase} ({e}): {:?}", self.name, self.seen));
            self.seen.push(line.clone());
            if line.contains(&format!("{{\"phase\":\"{phase}\"")) {
                return;
            }
        }
    }
    /// Sends a signal, such as `KILL`.
    pub fn signal(&self, name: &str) {
        signal(self.id(), name);
    }
    /// Waits for the end, which must come within this time after now.
    pub fn end_within(mut self, limit: Duration) -> Ended {
        let until = Instant::now() + limit;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > until {
                self.seen.extend(self.lines.try_iter());
                panic!("{} still runs after {limit:?}: {:?}", self.name, self.seen);
            }
            sleep(Duration::from_millis(10));
        };
        let took = self.started.elapsed();
        let out = self.output.take().unwrap().join().unwrap();
        self.seen.extend(self.lines.iter());
        Ended { name: self.name.clone(), status, out, err: std::mem::take(&mut self.seen), took }
    }
    pub fn end(self) -> Ended {
        self.end_within(Duration::from_secs(100))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended in most cases.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn signal(id: u32, name: &str) {
    assert!(Command::new("kill").args([format!("-{name}"), id.to_string()]).status().unwrap().success());
}

/// What became of a process.
#[derive(Debug)]
pub struct Ended {
    pub name: String,
    pub status: ExitStatus,
    pub out: String,
    pub err: Vec<String>,
    pub took: Duration,
}

impl Ended {
    /// Everything on standard error that is not progress.
    pub fn messages(&self) -> Vec<String> {
        let message = |line: &String| match serde_json::from_str::<Value>(line) {
            Ok(v) if v.get("phase").is_some() => None,
            Ok(v) if v.get("failure").is_some() => v["failure"].as_str().map(str::to_owned),
            _ => Some(line.clone()),
        };
        self.err.iter().filter_map(message).collect()
    }
    /// The only message. Fails if there are several, or any of a panic or a secret, or a result.
    pub fn refused(&self, setting: &Setting, code: ExitCode, words: &[&str]) -> String {
        self.is_clean(setting);
        let messages = self.messages();
        assert_eq!(messages.len(), 1, "{}: one message, not {messages:#?}", self.name);
        for word in words {
            assert!(messages[0].contains(word), "{}: no `{word}` in: {}", self.name, messages[0]);
        }
        assert_eq!(self.status.code(), Some(i32::from(code.code())), "{}: {}", self.name, messages[0]);
        assert_eq!(self.out, "", "{} printed a result", self.name);
        messages[0].clone()
    }
    /// The result of a party.
    pub fn passed(&self, setting: &Setting) -> Value {
        self.is_clean(setting);
        assert!(self.status.success(), "{}: {:?} {:?}", self.name, self.status, self.messages());
        assert_eq!(self.messages(), Vec::<String>::new(), "{}", self.name);
        serde_json::from_str(&self.out).unwrap()
    }
    /// Neither a panic nor a secret.
    pub fn is_clean(&self, setting: &Setting) {
        let all = format!("{}\n{}", self.out, self.err.join("\n"));
        assert!(!all.contains("panicked"), "{}: {all}", self.name);
        assert!(matches!(self.status.signal(), None | Some(9)), "{}: {:?}", self.name, self.status);
        setting.assert_no_secret(&all);
    }
}

/// Makes everything in a directory a copy of another one.
pub fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(status.success());
}
