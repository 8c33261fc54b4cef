//! The command line.

mod check;

use crate::config::{self, Config, DEFAULT_FILE, Located};
use crate::demo;
use crate::monitor::{self, End, Role, Sockets};
use crate::role::Fatal;
use crate::sys::log::{self, Verbosity};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

/// Self-destructing e-mail aliases: mail to an alias is proxied to a real address until its days or
/// messages are used up, and then the alias never existed.
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
    /// Explain every fault of the configuration, with its line and what to do
    Check(File),
    /// Try it out: no root, no configuration, no mail server; nothing is left behind
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
}

#[derive(Args)]
struct Demo {
    /// Port of 127.0.0.1 that takes mail
    #[arg(long, value_name = "PORT", default_value_t = 2525)]
    smtp_port: u16,
    /// Port of 127.0.0.1 with the site
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    web_port: u16,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogLevel {
    Warnings,
    Normal,
    Debug,
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
        Command::Serve(Serve { file, log }) => serve(&file, log.into()),
        Command::Check(file) => check::run(&file.path),
        Command::Demo(ports) => end(demo::run(ports.smtp_port, ports.web_port)),
        Command::Role { name } => role(&name),
    }
}

fn serve(file: &File, verbosity: Verbosity) -> ExitCode {
    log::start("monitor", verbosity);
    let config = match load(file) {
        Ok(config) => config,
        Err(code) => return code,
    };
    end(Sockets::take_or_bind(&config).and_then(|sockets| monitor::run(&config, sockets, verbosity, || {})))
}

/// The configuration, its warnings logged; or the exit code after its faults were logged.
fn load(file: &File) -> Result<Config, ExitCode> {
    let outcome = config::read(&file.path);
    for fault in &outcome.faults {
        tracing::error!("{}", Located(&file.path, fault));
    }
    for warning in &outcome.warnings {
        tracing::warn!("{}", Located(&file.path, warning));
    }
    outcome.config.ok_or(ExitCode::from(check::EX_CONFIG))
}

fn end(end: Result<End, Fatal>) -> ExitCode {
    match end {
        Ok(End::Asked) => ExitCode::SUCCESS,
        Ok(End::RoleGone(code)) => ExitCode::from(code),
        Err(fatal) => fail(&fatal),
    }
}

fn role(name: &str) -> ExitCode {
    let Some(role) = Role::named(name) else {
        eprintln!("tempalias: there is no role {name:?}; the monitor starts roles, start it with: tempalias serve");
        return ExitCode::from(64);
    };
    match role.run() {
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
