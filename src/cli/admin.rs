//! `tempalias status`, `revoke` and `forget`: questions through the administrator's door.

use crate::channel::{Door, call_once};
use crate::config::{self, DEFAULT_RUNTIME_DIR};
use crate::sys::exit;
use crate::sys::terminal::read_hidden_line;
use crate::wire::Rpc;
use crate::wire::metrics::{Metric, Metrics};
use crate::wire::vault_admin::{AdminError, DaemonStatus, Forget, GetStatus, Revoke, VaultAdmin};
use clap::Args;
use serde_json::{Map, Value, json};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How to reach the daemon, and how to print its answer.
#[derive(Args)]
pub(super) struct ClientArgs {
    /// The configuration file, which tells where the daemon can be reached
    #[arg(long = "config", value_name = "FILE", default_value = config::DEFAULT_FILE)]
    pub(super) path: PathBuf,
    /// Print JSON, for programs
    #[arg(long)]
    pub(super) json: bool,
}

/// Prints how the daemon is.
pub(super) fn status(args: &ClientArgs) -> ExitCode {
    let status = match args.call(GetStatus) {
        Ok(status) => status,
        Err(code) => return code,
    };
    if args.json {
        println!("{:#}", in_json(&status))
    } else {
        print!("{}", in_words(&status))
    }
    ExitCode::SUCCESS
}

/// Kills one alias.
pub(super) fn revoke(args: &ClientArgs, address: String) -> ExitCode {
    match args.call(Revoke { address }) {
        Ok(0) => args.complain(exit::NOUSER, "no such alias"),
        Ok(count) => args.print_removed(count, "no such alias", ""),
        Err(code) => code,
    }
}

/// Revokes every alias of a real address; `-` reads it from standard input, where no list of processes shows it.
pub(super) fn forget(args: &ClientArgs, address: String, forever: bool) -> ExitCode {
    let address = match address.as_str() {
        "-" => match read_hidden_line("Real address (not shown while you type): ") {
            Ok(address) => address,
            Err(cause) => return args.complain(exit::DATAERR, &format!("no address on standard input: {cause}")),
        },
        _ => address,
    };
    let from_now_on = if forever { "; new ones for this address are refused from now on" } else { "" };
    match args.call(Forget { address, forever }) {
        Ok(count) => args.print_removed(count, "this address has no aliases", from_now_on),
        Err(code) => code,
    }
}

impl ClientArgs {
    /// The daemon's answer; or the exit code, when what went wrong has been told.
    fn call<T, R>(&self, request: R) -> Result<T, ExitCode>
    where
        R: Rpc<VaultAdmin, Answer = Result<T, AdminError>>,
    {
        match call_once(&self.door(), request) {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(AdminError::NotAnAddress)) => {
                Err(self.complain(exit::DATAERR, "that is not an address; an alias is given with its domain"))
            }
            Ok(Err(AdminError::Unavailable)) => {
                Err(self.complain(exit::TEMPFAIL, "the store does not answer; see the daemon's log"))
            }
            Err(cause) => Err(self.unreachable(&cause)),
        }
    }

    /// The configuration may be for the daemon's eyes only: then the door is where it is by default.
    fn door(&self) -> PathBuf {
        let config = config::read(&self.path).config;
        Door::VaultAdmin
            .path(config.as_ref().map_or(Path::new(DEFAULT_RUNTIME_DIR), |config| &config.monitor.runtime_dir))
    }

    /// Tells how many aliases were removed, or `none` if it was none, and what else was done.
    fn print_removed(&self, count: u64, none: &str, also: &str) -> ExitCode {
        match count {
            _ if self.json => println!("{}", json!({ "removed": count })),
            0 => println!("{none}{also}"),
            1 => println!("1 alias removed{also}"),
            count => println!("{count} aliases removed{also}"),
        }
        ExitCode::SUCCESS
    }

    fn unreachable(&self, cause: &io::Error) -> ExitCode {
        let door = self.door();
        let (code, cure) = match cause.kind() {
            io::ErrorKind::PermissionDenied => (exit::NOPERM, "become root, or a member of the daemon's group"),
            _ => (exit::UNAVAILABLE, "is the daemon running?"),
        };
        self.complain(code, &format!("{}: {cause}; {cure}", door.display()))
    }

    fn complain(&self, code: u8, what: &str) -> ExitCode {
        if self.json {
            println!("{}", json!({ "error": what }));
        } else {
            eprintln!("tempalias: {what}");
        }
        ExitCode::from(code)
    }
}

fn in_json(status: &DaemonStatus) -> Value {
    let metrics: Map<String, Value> =
        Metric::ALL.iter().map(|metric| (metric.plain_name(), status.metrics[*metric].into())).collect();
    let processes: Vec<Value> = status
        .processes
        .iter()
        .map(|process| json!({ "role": process.role, "pid": process.pid, "walls": process.walls }))
        .collect();
    json!({
        "version": status.version,
        "uptime_seconds": status.uptime_seconds,
        "processes": processes,
        "aliases": status.aliases,
        "metrics": metrics,
    })
}

fn in_words(status: &DaemonStatus) -> String {
    let uptime = jiff::SignedDuration::from_secs(status.uptime_seconds.cast_signed());
    let mut text = format!("tempalias {}, up {uptime:#}\n\n", status.version);
    for process in &status.processes {
        text.push_str(&format!("{:<8} {:>8}  {}\n", process.role, process.pid, process.walls));
    }
    text.push_str("\ncounters since the start\n");
    if let Some(aliases) = status.aliases {
        text.push_str(&row("aliases", aliases));
    }
    text.push_str(&rows(&status.metrics));
    text
}

fn rows(metrics: &Metrics) -> String {
    Metric::ALL.iter().map(|metric| row(&metric.plain_name(), metrics[*metric])).collect()
}

fn row(name: &str, value: u64) -> String {
    format!("  {name:<24} {value:>10}\n")
}
