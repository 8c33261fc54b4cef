//! Real Redis servers for tests.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A `redis-server` of the test's own, gone when dropped.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) child: Child,
    _dir: TempDir,
}

pub(crate) fn free_port() -> u16 {
    // Below the ports that outgoing connections get: one of those could take it while its server restarts.
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let base = 10_000 + (std::process::id() % 200) as u16 * 100;
    loop {
        let port = base + NEXT.fetch_add(1, Ordering::Relaxed) % 2_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

impl Server {
    /// One that was started otherwise.
    pub(crate) fn of(port: u16, child: Child, dir: TempDir) -> Self {
        Self { port, child, _dir: dir }
    }

    pub(crate) fn start(arguments: &[&str]) -> Self {
        let (dir, port) = (tempfile::tempdir().unwrap(), free_port());
        let child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"])
            .arg(dir.path())
            .args(arguments)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed");
        let server = Self { port, child, _dir: dir };
        server.until("PONG", &["ping"]);
        server
    }

    pub(crate) fn cli(&self, arguments: &[&str]) -> String {
        let output = Command::new("redis-cli").args(["-p", &self.port.to_string()]).args(arguments).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub(crate) fn until(&self, expected: &str, arguments: &[&str]) {
        let end = Instant::now() + Duration::from_secs(20);
        while !self.cli(arguments).contains(expected) {
            assert!(Instant::now() < end, "redis does not say {expected}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
