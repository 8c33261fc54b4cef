//! The command line.

mod admin;
mod check;
mod doctor;

use crate::config::{self, Config, DEFAULT_FILE, Located};
use crate::demo;
use crate::monitor::{self, Exit, Role, RoleSpec, Sockets, StartOptions};
use crate::runtime::Fatal;
use crate::sys::exit;
use crate::sys::log::{self, Verbosity};
use crate::sys::sandbox::{ProbeAction, Strictness};
use crate::sys::spawn::die_with_parent;
use admin::ClientArgs;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Self-destructing e-mail aliases: mail to an alias is passed on to a real address until its days or
/// messages are used up; after that, the alias answers like an address that never existed.
#[derive(Parser)]
#[command(name = "tempalias", version, arg_required_else_help = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Subcommand)]
enum Command {
    /// Run the daemon in the foreground
    Serve(Serve),
    /// Report every fault of the configuration, with its line and what to do
    Check(File),
    /// Check configuration, ports, DNS, smarthost and store, and say how to fix what is wrong
    Doctor(ClientArgs),
    /// Show processes, their sandbox, and the counters since the start
    Status(ClientArgs),
    /// Revoke one alias at once
    Revoke {
        /// The alias, with its domain
        address: String,
        #[command(flatten)]
        args: ClientArgs,
    },
    /// Revoke every alias of a real address, and every token for it
    Forget {
        /// The real address; "-" reads it from standard input
        address: String,
        /// Refuse the address from now on: create no new aliases for it
        #[arg(long, alias = "for-ever")]
        forever: bool,
        #[command(flatten)]
        args: ClientArgs,
    },
    /// Try it out: needs no root, no configuration and no mail server, and leaves nothing behind
    Demo(Demo),
    /// One of the daemon's processes, started by the monitor
    #[command(hide = true)]
    Role {
        /// Which one.
        name: String,
    },
}

/// Which configuration.
#[derive(Args)]
struct File {
    /// The configuration file
    #[arg(long = "config", value_name = "FILE", default_value = DEFAULT_FILE)]
    path: PathBuf,
}

#[derive(Args)]
struct Serve {
    #[command(flatten)]
    file: File,
    /// How much is logged; debug also names aliases
    #[arg(long, value_name = "LEVEL", default_value = "normal")]
    log: LogLevel,
    /// What happens if a process makes a system call that it has not promised
    #[arg(long, value_name = "STRICTNESS", default_value = "kill")]
    sandbox: Sandbox,
    /// End when the program ends that has started this one
    #[arg(long, hide = true)]
    attended: bool,
    /// ROLE:ACTION, what a process is to try in its sandbox
    #[arg(long, hide = true, value_parser = probe)]
    probe: Option<(Option<Role>, ProbeAction)>,
}

#[derive(Args)]
struct Demo {
    /// Port of 127.0.0.1 that accepts mail; by default 2525 or the next one that is free
    #[arg(long, value_name = "PORT")]
    smtp_port: Option<u16>,
    /// Port of 127.0.0.1 that serves the site; by default 8080 or the next one that is free
    #[arg(long, value_name = "PORT")]
    web_port: Option<u16>,
    /// Have the real address confirm each alias by a link in an e-mail
    #[arg(long)]
    confirm: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogLevel {
    Warnings,
    Normal,
    Debug,
}

#[derive(Clone, Copy, ValueEnum)]
enum Sandbox {
    /// The kernel kills it.
    Kill,
    /// The call fails and is named on stderr: for whoever ports tempalias to another system.
    Report,
}

impl From<Sandbox> for Strictness {
    fn from(sandbox: Sandbox) -> Self {
        match sandbox {
            Sandbox::Kill => Self::Kill,
            Sandbox::Report => Self::Report,
        }
    }
}

fn probe(text: &str) -> Result<(Option<Role>, ProbeAction), String> {
    let (role, action) = text.split_once(':').ok_or("needs ROLE:ACTION")?;
    let role = match role {
        "monitor" => None,
        role => Some(RoleSpec::named(role).ok_or("there is no such role")?),
    };
    Ok((role, ProbeAction::parse(action)?))
}

impl From<LogLevel> for Verbosity {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Warnings => Self::Warnings,
            LogLevel::Normal => Self::Normal,
            LogLevel::Debug => Self::Debug,
        }
    }
}

/// Parses the command line and does what it says.
pub fn run() -> ExitCode {
    match Arguments::parse().command {
        Command::Serve(arguments) => serve(arguments),
        Command::Check(file) => check::run(&file.path),
        Command::Doctor(args) => doctor::run(&args).unwrap_or_else(|fatal| fail(&fatal)),
        Command::Status(args) => admin::status(&args),
        Command::Revoke { address, args } => admin::revoke(&args, address),
        Command::Forget { address, forever, args } => admin::forget(&args, address, forever),
        Command::Demo(Demo { smtp_port, web_port, confirm }) => {
            demo::run(smtp_port, web_port, confirm).unwrap_or_else(|fatal| fail(&fatal))
        }
        Command::Role { name } => role(&name),
    }
}

fn serve(serve: Serve) -> ExitCode {
    let Serve { file, log: level, sandbox, attended, probe } = serve;
    let verbosity = level.into();
    log::start("monitor", verbosity);
    if attended && let Err(cause) = die_with_parent() {
        return fail(&cause.into());
    }
    let config = match load(&file) {
        Ok(config) => config,
        Err(code) => {
            pause();
            return code;
        }
    };
    let options = StartOptions { file: file.path, verbosity, strictness: sandbox.into(), probe };
    exit_code(Sockets::take_or_bind(&config).and_then(|sockets| monitor::run(config, sockets, options)))
}

/// The configuration, its warnings logged; or the exit code after its faults were logged.
fn load(file: &File) -> Result<Config, ExitCode> {
    let parsed = config::read(&file.path);
    for fault in &parsed.faults {
        tracing::error!("{}", Located(&file.path, fault));
    }
    for warning in &parsed.warnings {
        tracing::warn!("{}", Located(&file.path, warning));
    }
    parsed.config.ok_or(ExitCode::from(exit::CONFIG))
}

/// Under systemd, what could not start waits a little before it ends: each connection to its sockets would start it
/// again, and one that fails at once would fill the log.
fn pause() {
    if std::env::var_os("NOTIFY_SOCKET").is_some() {
        std::thread::sleep(Duration::from_secs(1));
    }
}

fn exit_code(exit: Result<Exit, Fatal>) -> ExitCode {
    match exit {
        Ok(Exit::Stopped) => ExitCode::SUCCESS,
        Ok(Exit::RoleEnded(code)) => ExitCode::from(code),
        Ok(Exit::NotReady(code)) => {
            pause();
            ExitCode::from(code)
        }
        Err(fatal) => {
            pause();
            fail(&fatal)
        }
    }
}

fn role(name: &str) -> ExitCode {
    let Some(role) = RoleSpec::named(name) else {
        eprintln!("tempalias: there is no role {name:?}; the monitor starts roles, start it with: tempalias serve");
        return ExitCode::from(exit::USAGE);
    };
    match (role.run)() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fatal) => fail(&fatal),
    }
}

fn fail(fatal: &Fatal) -> ExitCode {
    if tracing::dispatcher::has_been_set() {
        tracing::error!("{fatal}");
    } else {
        eprintln!("tempalias: {fatal}");
    }
    ExitCode::from(fatal.exit_code())
}
