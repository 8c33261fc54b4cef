//! The picture of docs/design.md §8, held against the sources: which room may know which.
//!
//! - A room names only the rooms that the picture gives it, and does not pass on another room's items unseen.
//! - An external crate is named only in the rooms that it is for.
//! - The pure rooms do no I/O and own no clock.
//! - Every `pub` item has a doc comment. (The rooms are private, so that the compiler's lint does not look.)

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room and the rooms that it may name.
const PICTURE: &[(&str, &[&str])] = &[
    ("alias", &[]),
    ("proto", &["alias"]),
    ("words", &["alias"]),
    ("wire", &["alias", "words"]),
    ("sys", &[]),
    ("config", &["alias"]),
    ("net", &["alias", "proto", "sys"]),
    ("channel", &["sys", "wire"]),
    ("runtime", &["channel", "sys", "wire"]),
    ("smtp", &["alias", "channel", "config", "net", "proto", "runtime", "wire"]),
    ("relay", &["alias", "channel", "config", "net", "proto", "runtime", "wire"]),
    ("vault", &["alias", "channel", "config", "runtime", "wire", "words"]),
    ("web", &["alias", "channel", "config", "runtime", "wire", "words"]),
    ("monitor", &["channel", "config", "relay", "runtime", "smtp", "sys", "vault", "web", "wire"]),
    ("doctor", &["channel", "config", "net", "proto", "runtime", "sys", "vault", "wire"]),
    ("demo", &["runtime", "sys"]),
    ("cli", &["channel", "config", "demo", "doctor", "monitor", "runtime", "sys", "wire"]),
];

/// What a room passes on of another one, so that third rooms need not know that. All of it is of `sys`: what roles
/// need of the operating system has to be there, because it takes `unsafe` or opens files before the sandbox.
const RE_EXPORTS: &[(&str, &[&str])] = &[
    // The ends of doors: to register a descriptor takes `unsafe`.
    ("channel", &["sys::fd_passing::HandoffReceiver", "sys::fd_passing::HandoffSender", "sys::stream::Stream"]),
    (
        "runtime",
        &[
            // How what was read is overwritten.
            "sys::read_buffer::consume",
            // The DNS: it reads /etc/resolv.conf and /etc/hosts before the sandbox.
            "sys::resolve::Resolver",
            "sys::resolve::ResolveError",
            // What the vault promises the sandbox: that depends on its store.
            "sys::sandbox::Ports",
            "sys::sandbox::Promise",
        ],
    ),
];

/// Each dependency of Cargo.toml and the rooms that it is for.
const CRATES: &[(&str, &[&str])] = &[
    ("askama", &["web"]),
    ("caps", &["sys"]),
    ("clap", &["cli"]),
    ("command_fds", &["sys"]),
    ("data_encoding", &["vault", "web"]),
    ("flate2", &["web"]),
    ("form_urlencoded", &["web"]),
    ("hickory_resolver", &["sys"]),
    ("http_body_util", &["web"]),
    ("hyper", &["web"]),
    ("hyper_util", &["web"]),
    ("icu_normalizer", &["alias"]),
    ("icu_properties", &["alias"]),
    ("idna", &["alias"]),
    ("indexmap", &["web"]),
    ("ipnet", &["config", "smtp", "web"]),
    ("jiff", &["cli", "config", "proto", "smtp", "web", "words"]),
    ("landlock", &["sys"]),
    ("listenfd", &["sys"]),
    ("mail_builder", &["vault"]),
    ("memchr", &["proto"]),
    ("nix", &["sys"]),
    ("postcard", &["vault", "wire"]),
    ("privdrop", &["sys"]),
    ("proxy_header", &["web"]),
    ("redb", &["vault"]),
    ("redis", &["vault"]),
    ("ring", &["vault", "web"]),
    // Named nowhere: Cargo.toml picks its cryptography, redis speaks by it.
    ("rustls", &[]),
    ("seccompiler", &["sys"]),
    ("serde", &["alias", "channel", "config", "monitor", "runtime", "sys", "vault", "wire", "words"]),
    ("serde_json", &["cli", "web"]),
    ("signal_hook", &["demo", "monitor", "sys"]),
    ("strsim", &["config", "web"]),
    ("subtle", &["vault"]),
    ("syscalls", &["sys"]),
    ("syslog", &["sys"]),
    ("tokio", &["channel", "doctor", "monitor", "net", "relay", "runtime", "smtp", "sys", "vault", "web"]),
    ("tokio_util", &["channel", "runtime"]),
    ("toml", &["config"]),
    ("tracing", &["channel", "cli", "monitor", "relay", "runtime", "smtp", "sys", "vault", "web"]),
    ("tracing_subscriber", &["sys"]),
];

/// Rooms of plain values and pure functions.
const PURE: [&str; 4] = ["alias", "proto", "wire", "words"];

/// One source file.
struct Source {
    path: PathBuf,
    /// The room that it is in: a directory of src, or a file beside them.
    room: String,
    /// How many modules deep it is; 1 is the root of its room.
    depth: usize,
    text: String,
}

/// A path that the code names, absolute or from an external crate: `crate::sys::exit`, `tokio::sync::mpsc`.
struct Named {
    path: String,
    /// Whether it is passed on: `pub use`, `pub(crate) use`.
    is_re_export: bool,
    place: String,
}

fn source_files() -> Vec<Source> {
    fn collect(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    collect(&src, &mut found);
    assert!(found.len() > 100, "the test reads the sources");
    let source = |path: PathBuf| {
        let inside = path.strip_prefix(&src).unwrap().with_extension("");
        let modules: Vec<_> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let depth = modules.len() - usize::from(modules.last().is_some_and(|last| last == "mod"));
        Source { room: modules[0].clone(), depth, text: fs::read_to_string(&path).unwrap(), path }
    };
    found.into_iter().map(source).collect()
}

impl Source {
    /// The files beside the rooms: the program, the library, and what tests, benches and fuzzers get of it.
    fn is_root(&self) -> bool {
        ["lib", "main", "testing"].contains(&self.room.as_str())
    }

    /// Every path that the code names. `use` declarations are told apart from the rest, because they may be lists.
    fn named(&self) -> Vec<Named> {
        let place = |number: usize| format!("{}:{}", self.path.display(), number + 1);
        let mut named = Vec::new();
        let mut lines = self.text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            let code = line.split("//").next().unwrap_or_default();
            let Some((visibility, tree)) = use_declaration(code.trim_start()) else {
                let paths = paths_in(code).into_iter();
                named.extend(paths.map(|path| Named { path, is_re_export: false, place: place(number) }));
                continue;
            };
            let mut tree = tree.to_owned();
            while !tree.contains(';') {
                let (_, more) = lines.next().expect("a use declaration has an end");
                tree.push_str(more.trim());
            }
            // A module within the file, like `mod tests`, is one deeper.
            let depth = self.depth + usize::from(line.starts_with(' '));
            for path in flatten(tree.split(';').next().unwrap_or_default()) {
                let supers = path.split("::").take_while(|part| *part == "super").count();
                assert!(supers < depth, "{}: {path} leaves the room; name it by crate::", place(number));
                let is_re_export = visibility.starts_with("pub");
                named.push(Named { path, is_re_export, place: place(number) });
            }
        }
        named
    }
}

/// The visibility and the tree of a line on which a `use` declaration begins.
fn use_declaration(line: &str) -> Option<(&str, &str)> {
    let (visibility, tree) = line.split_once("use ")?;
    let visibility = visibility.trim();
    let is_visibility =
        visibility.is_empty() || visibility == "pub" || (visibility.starts_with("pub(") && visibility.ends_with(')'));
    is_visibility.then_some((visibility, tree))
}

/// The paths of a tree: of `a::{b, c::d}` they are `a::b` and `a::c::d`. A name that is given (`as`) does not matter.
fn flatten(tree: &str) -> Vec<String> {
    let Some((stem, rest)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap_or_default().trim().to_owned()];
    };
    let list = &rest[..rest.rfind('}').expect("braces are closed")];
    let (mut paths, mut start, mut open) = (Vec::new(), 0, 0);
    for (at, character) in list.char_indices().chain([(list.len(), ',')]) {
        match character {
            '{' => open += 1,
            '}' => open -= 1,
            ',' if open == 0 => {
                let branch = list[start..at].trim();
                if !branch.is_empty() {
                    paths.extend(flatten(branch).into_iter().map(|leaf| format!("{}{leaf}", stem.trim())));
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    paths
}

/// The paths that a line names beside `use`: maximal runs of names and `::` that do not continue another expression.
fn paths_in(code: &str) -> Vec<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut paths = Vec::new();
    for run in code.split(|c: char| !is_name(c) && c != ':') {
        // `$crate` of a macro is split off as `crate`.
        let path = run.trim_matches(':');
        if path.contains("::") {
            paths.push(path.to_owned());
        }
    }
    paths
}

fn allowed(table: &[(&str, &[&str])], row: &str, entry: &str) -> bool {
    table.iter().any(|(name, entries)| *name == row && entries.contains(&entry))
}

#[test]
fn nobody_knows_more_than_the_picture_says() {
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for source in source_files().iter().filter(|source| !source.is_root()) {
        for Named { path, place, .. } in source.named() {
            let Some(inside) = path.strip_prefix("crate::") else { continue };
            let room = inside.split("::").next().unwrap_or_default();
            if room == source.room {
                continue;
            }
            seen.insert((source.room.clone(), room.to_owned()));
            if !allowed(PICTURE, &source.room, room) {
                wrong.push(format!("{place}: {} may not know {room}", source.room));
            }
        }
    }
    assert!(seen.len() > 50, "the test finds what is named: {seen:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_room_passes_on_more_of_another_than_is_said() {
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for source in source_files().iter().filter(|source| !source.is_root()) {
        for Named { path, is_re_export, place } in source.named() {
            let Some(inside) = path.strip_prefix("crate::").filter(|_| is_re_export) else { continue };
            if inside.split("::").next() == Some(&source.room) {
                continue;
            }
            seen.insert(inside.to_owned());
            if !allowed(RE_EXPORTS, &source.room, inside) {
                wrong.push(format!("{place}: {} may not pass on {inside}", source.room));
            }
        }
    }
    let said = RE_EXPORTS.iter().flat_map(|(_, items)| *items);
    wrong.extend(said.filter(|item| !seen.contains(**item)).map(|item| format!("{item} is not passed on any more")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn external_crates_stay_in_their_rooms() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let dependencies = manifest["dependencies"].as_table().unwrap().keys().map(|name| name.replace('-', "_"));
    let known: Vec<&str> = CRATES.iter().map(|(name, _)| *name).collect();
    assert_eq!(dependencies.collect::<Vec<_>>(), known, "each dependency has a row, in the order of the alphabet");

    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for source in source_files().iter().filter(|source| !source.is_root()) {
        for Named { path, place, .. } in source.named() {
            let name = path.split("::").next().unwrap_or_default();
            let Some(name) = known.iter().find(|known| **known == name) else { continue };
            seen.insert((*name, source.room.clone()));
            if !allowed(CRATES, name, &source.room) {
                wrong.push(format!("{place}: {name} is not for {}", source.room));
            }
        }
    }
    // What no room names (yet) is not looked at: only which rooms may.
    for (name, rooms) in CRATES.iter().filter(|(name, _)| seen.iter().any(|(seen, _)| seen == name)) {
        let unused = rooms.iter().filter(|room| !seen.contains(&(*name, (**room).to_owned())));
        wrong.extend(unused.map(|room| format!("{name} may be used in {room}, and is not")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_pure_rooms_are_pure() {
    const FORBIDDEN: [&str; 12] = [
        "std::env",
        "std::fs",
        "std::io",
        "std::net::Tcp",
        "std::net::Udp",
        "std::os",
        "std::process",
        "std::thread",
        "tokio",
        "Instant::now",
        "SystemTime",
        "Timestamp::now",
    ];
    let sources = source_files();
    for room in PURE {
        let files: Vec<&Source> = sources.iter().filter(|source| source.room == room).collect();
        assert!(files.len() > 2, "{room}");
        for source in files {
            for forbidden in FORBIDDEN {
                assert!(!source.text.contains(forbidden), "{} names {forbidden}", source.path.display());
            }
        }
    }
}

#[test]
fn every_public_item_has_a_doc_comment() {
    let sources = source_files();
    let undocumented: Vec<String> = sources.iter().flat_map(undocumented).collect();
    assert!(undocumented.is_empty(), "without a doc comment:\n{}", undocumented.join("\n"));
}

/// The `pub` items of a file, the variants of its `pub` enums and the items of its `pub` traits that have no doc
/// comment and do not say `allow(missing_docs)`. The sources are formatted by rustfmt, so that indentation tells what
/// is within what.
fn undocumented(source: &Source) -> Vec<String> {
    let lines: Vec<&str> = source.text.lines().collect();
    let indent_of = |line: &str| line.len() - line.trim_start().len();
    let mut missing = Vec::new();
    // The `pub enum` or `pub trait` that the line is in: its indentation, and whether it is an enum.
    let mut within: Option<(usize, bool)> = None;
    // The indentation of an item that allows it.
    let mut exempt: Option<usize> = None;
    for (at, line) in lines.iter().enumerate() {
        let (indent, code) = (indent_of(line), line.trim_start());
        if code.starts_with("#[allow(missing_docs)]") {
            exempt = Some(indent);
        }
        if exempt.is_some() {
            let is_end = exempt == Some(indent) && (code.starts_with('}') || code.ends_with(';'));
            exempt = exempt.filter(|_| !is_end);
            continue;
        }
        if within.is_some_and(|(outer, _)| indent == outer && code.starts_with('}')) {
            within = None;
        }
        let is_inner = within.is_some_and(|(outer, is_enum)| {
            let is_variant = indent == outer + 4 && code.starts_with(char::is_uppercase);
            let is_field = indent == outer + 8 && code.split_once(": ").is_some_and(|(name, _)| is_identifier(name));
            let is_method = indent == outer + 4
                && ["fn ", "async fn ", "type ", "const "].iter().any(|word| code.starts_with(word));
            if is_enum { is_variant || is_field } else { is_method }
        });
        let item = code.strip_prefix("pub ").filter(|item| !item.starts_with("use "));
        if (item.is_some() || is_inner) && !is_documented(source, &lines, at) {
            missing.push(format!("{}:{}: {code}", source.path.display(), at + 1));
        }
        let opens = |word| item.is_some_and(|item| item.starts_with(word)) && code.ends_with('{');
        if opens("enum ") || opens("trait ") {
            within = Some((indent, opens("enum ")));
        }
    }
    missing
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_lowercase() || c == '_') && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Whether there is a doc comment above the item at a line; a module may have it within its file.
fn is_documented(source: &Source, lines: &[&str], at: usize) -> bool {
    let mut above = lines[..at].iter().rev().map(|line| line.trim());
    let documented = loop {
        match above.next() {
            Some(line) if line.starts_with("///") || line.contains("#[doc") || line.contains("$(#[") => break true,
            Some(line) if line.starts_with("#[") => {}
            // An attribute of several lines.
            Some(")]") => while above.next().is_some_and(|line| !line.starts_with("#[")) {},
            _ => break false,
        }
    };
    let module = lines[at].trim_start().strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(';'));
    documented || module.is_some_and(|name| begins_with_doc(source, name))
}

fn begins_with_doc(source: &Source, module: &str) -> bool {
    let directory = source.path.parent().unwrap();
    let files = [directory.join(format!("{module}.rs")), directory.join(module).join("mod.rs")];
    files.iter().any(|file| fs::read_to_string(file).is_ok_and(|text| text.starts_with("//!")))
}

/// The checks find what they look for.
#[test]
fn paths_and_missing_doc_comments_are_found() {
    let text = "\
use crate::{sys::exit, wire::{frame::{self, DecodeError}, Ticket as Capability}};
pub(super) use crate::net::Timer; // a comment with tokio::time
/// Documented.
#[derive(
    Debug,
)]
pub enum Kind {
    /// Documented.
    One,
    Two {
        field: u32,
    },
}
impl Kind {
    pub fn build(self) -> hyper::Result<()> {
        let text = crate::config::parse(\"\");
    }
}
";
    let source = Source { path: PathBuf::from("example.rs"), room: "web".to_owned(), depth: 1, text: text.to_owned() };
    let named: Vec<(String, bool)> =
        source.named().into_iter().map(|Named { path, is_re_export, .. }| (path, is_re_export)).collect();
    let expected = [
        ("crate::sys::exit", false),
        ("crate::wire::frame::self", false),
        ("crate::wire::frame::DecodeError", false),
        ("crate::wire::Ticket", false),
        ("crate::net::Timer", true),
        ("hyper::Result", false),
        ("crate::config::parse", false),
    ];
    assert_eq!(named, expected.map(|(path, is_re_export)| (path.to_owned(), is_re_export)));
    let missing = undocumented(&source);
    let items: Vec<&str> = missing.iter().filter_map(|line| line.split(": ").nth(1)).collect();
    assert_eq!(items, ["Two {", "field", "pub fn build(self) -> hyper::Result<()> {"]);
}

#[test]
#[should_panic(expected = "leaves the room")]
fn a_room_cannot_be_left_by_super() {
    let text = "use super::sys::exit;\n".to_owned();
    Source { path: PathBuf::from("mod.rs"), room: "web".to_owned(), depth: 1, text }.named();
}
