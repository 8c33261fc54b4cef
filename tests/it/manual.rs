//! The man pages and the completions of shells are the truth: every key, command, flag, signal and exit code of the
//! program is in them, and nothing else.

use clap::CommandFactory as _;
use clap_complete::Shell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempalias::testing::Arguments;

fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn page(name: &str) -> String {
    fs::read_to_string(source("man").join(name)).unwrap()
}

/// First words of the `.It` lines that begin with this macro, within a part of a page.
fn items(text: &str, macro_: &str) -> BTreeSet<String> {
    let prefix = format!(".It {macro_} ");
    let first = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
    text.lines().filter_map(|line| line.strip_prefix(&prefix)).map(first).collect()
}

/// The part of a page from a heading to the next of its kind.
fn part<'a>(text: &'a str, heading: &str) -> &'a str {
    let kind = heading.split(' ').next().unwrap();
    let from = text.find(&format!("{heading}\n")).unwrap_or_else(|| panic!("no {heading}")) + heading.len();
    let to = text[from..].find(&format!("\n{kind} ")).map_or(text.len(), |at| from + at);
    &text[from..to]
}

/// The keys of the shipped configuration, which another test holds to the code: section and key.
fn keys() -> BTreeSet<(String, String)> {
    let shipped = fs::read_to_string(source("packaging/tempalias.toml")).unwrap();
    let mut section = String::new();
    let mut keys = BTreeSet::new();
    for line in shipped.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            section = name.to_owned();
        } else if let Some((key, _)) = line.trim_start_matches(['#', ' ']).split_once(" = ")
            && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        {
            keys.insert((section.clone(), key.to_owned()));
        }
    }
    keys
}

#[test]
fn every_key_is_in_the_manual_and_the_other_way_round() {
    let text = page("tempalias.toml.5");
    let mut described = BTreeSet::new();
    let end = text.find(".Sh FILES").unwrap();
    for section in ["", "relay", "store", "limits", "smtp", "web", "metrics"] {
        let heading =
            if section.is_empty() { ".Ss Top of the file".to_owned() } else { format!(".Ss Section {section}") };
        let keys = items(part(&text[..end], &heading), "Ic");
        described.extend(keys.into_iter().map(|key| (section.to_owned(), key)));
    }
    assert!(described.len() > 40);
    assert_eq!(described, keys());
}

#[test]
fn every_command_and_flag_is_in_the_manual_and_the_other_way_round() {
    let (text, program) = (page("tempalias.8"), Arguments::command());
    let commands: BTreeSet<String> =
        program.get_subcommands().filter(|c| !c.is_hide_set()).map(|c| c.get_name().to_owned()).collect();
    assert_eq!(items(&text, "Cm"), commands);
    let flags = program.get_subcommands().filter(|c| !c.is_hide_set()).flat_map(clap::Command::get_arguments);
    let mut flags: BTreeSet<String> =
        flags.filter(|a| !a.is_hide_set()).filter_map(|a| a.get_long()).map(|long| format!("-{long}")).collect();
    flags.extend(["-help".to_owned(), "-version".to_owned()]);
    assert_eq!(items(&text, "Fl"), flags);
    for command in commands {
        assert!(text.contains(&format!(".Nm\n.Cm {command}\n")), "{command} is not in the synopsis");
    }
}

#[test]
fn every_exit_code_and_signal_is_in_the_manual() {
    let text = page("tempalias.8");
    let codes = part(&text, ".Sh EXIT STATUS").replace('\n', " ");
    for (code, what) in tempalias::testing::EXIT_CODES {
        assert!(codes.contains(&format!(".It {code} {what}")), "{code} {what}");
    }
    let described: BTreeSet<u8> =
        codes.split(".It ").skip(1).filter_map(|i| i.split(' ').next()?.parse().ok()).collect();
    let known = [0, 1, 2].into_iter().chain(tempalias::testing::EXIT_CODES.iter().map(|(code, _)| *code));
    assert_eq!(described, known.collect());
    let signals = part(&text, ".Sh SIGNALS");
    for signal in tempalias::testing::SIGNALS {
        let name = signal_hook::low_level::signal_name(signal).unwrap();
        assert!(signals.contains(&format!("Dv {name}")), "{name}");
    }
    assert_eq!(signals.matches("Dv SIG").count(), tempalias::testing::SIGNALS.len());
}

#[test]
fn the_pages_are_well_formed() {
    for name in ["tempalias.8", "tempalias.toml.5"] {
        let output = Command::new("mandoc").args(["-T", "lint", "-W", "style"]).arg(source("man").join(name)).output();
        let said = String::from_utf8(output.expect("mandoc is installed").stdout).unwrap();
        // Ours are not where manuals are installed.
        let faults: Vec<&str> =
            said.lines().filter(|l| !l.contains("referenced manual not found: Xr tempalias")).collect();
        assert!(faults.is_empty(), "{faults:?}");
    }
}

/// `UPDATE=1 cargo test completions` writes them anew.
#[test]
fn the_completions_are_those_of_the_program() {
    for (shell, file) in [(Shell::Bash, "tempalias.bash"), (Shell::Zsh, "_tempalias"), (Shell::Fish, "tempalias.fish")]
    {
        let mut made = Vec::new();
        clap_complete::generate(shell, &mut Arguments::command(), "tempalias", &mut made);
        let path = source("packaging/completions").join(file);
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &made).unwrap();
        }
        assert!(
            fs::read(&path).unwrap_or_default() == made,
            "{file} is not up to date: UPDATE=1 cargo test completions"
        );
    }
}
