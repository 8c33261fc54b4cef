//! The terminal of a person who runs a command.

use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use std::io::{self, BufRead as _, IsTerminal as _, Stdin, Write as _};

/// Reads one line from standard input. From a terminal it is asked for with `prompt`, and not shown while it is typed:
/// what is read is not for who looks over a shoulder, or reads the terminal's history.
///
/// # Errors
/// Standard input cannot be read, or has ended before a line came.
pub fn read_hidden_line(prompt: &str) -> io::Result<String> {
    let stdin = io::stdin();
    let hidden = if stdin.is_terminal() {
        // In this order: whoever answers the prompt at once must not be seen.
        let hidden = HiddenInput::begin(&stdin)?;
        eprint!("{prompt}");
        io::stderr().flush()?;
        Some(hidden)
    } else {
        None
    };
    let mut line = String::new();
    let octets = stdin.lock().read_line(&mut line);
    drop(hidden);
    match octets? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line.trim().to_owned()),
    }
}

/// A terminal that does not show what is typed, until this is dropped.
struct HiddenInput<'a> {
    terminal: &'a Stdin,
    before: Termios,
}

impl<'a> HiddenInput<'a> {
    fn begin(terminal: &'a Stdin) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut hidden = before.clone();
        hidden.local_flags.remove(LocalFlags::ECHO);
        // The end of the line is shown, so that what is printed next begins a line of its own.
        hidden.local_flags.insert(LocalFlags::ECHONL);
        tcsetattr(terminal, SetArg::TCSAFLUSH, &hidden)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for HiddenInput<'_> {
    fn drop(&mut self) {
        // If the terminal has gone there is nothing to restore.
        let _ = tcsetattr(self.terminal, SetArg::TCSAFLUSH, &self.before);
    }
}
