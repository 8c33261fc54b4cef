//! What the fuzzer's targets promise holds for their seeds, for what the fuzzer has found before, and for a few random
//! octets; `fuzz/run` goes on from there.

#[path = "../../fuzz/src/lib.rs"]
mod fuzz;

use fuzz::TARGETS;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

#[test]
fn seeds_keep_every_promise() {
    for (name, check) in TARGETS {
        let seeds: Vec<PathBuf> =
            fs::read_dir(directory().join("seeds").join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(seeds.len() > 1, "{name} has seeds");
        for seed in seeds {
            println!("{}", seed.display());
            check(&fs::read(seed).unwrap());
        }
    }
}

#[test]
fn random_octets_and_words_keep_every_promise() {
    // A frame's first octet chooses the door, and the first two of a path's are the day.
    let prefix = |name: &str| match name {
        "frame" => 1,
        "srs" => 2,
        _ => 0,
    };
    for (name, check) in TARGETS {
        let mut runner = TestRunner::new(Config { cases: 64, failure_persistence: None, ..Config::default() });
        let octets = proptest::collection::vec(any::<u8>(), 2..60);
        let words = any::<bool>();
        let tried = runner.run(&(octets, words), |(mut octets, words)| {
            if words {
                octets.insert(prefix(name), 0xff);
            }
            check(&octets);
            Ok(())
        });
        assert!(tried.is_ok(), "{name}: {tried:?}");
    }
}

/// A target is named in one list here and in one of cargo's, and has seeds and a dictionary.
#[test]
fn targets_are_the_same_everywhere() {
    let known: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let manifest: toml::Table = fs::read_to_string(directory().join("Cargo.toml")).unwrap().parse().unwrap();
    let programs = manifest["bin"].as_array().unwrap().iter();
    assert_eq!(known, programs.map(|program| program["name"].as_str().unwrap().to_owned()).collect());
    let stems = |of: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(directory().join(of)).unwrap();
        entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    for of in ["dictionaries", "fuzz_targets", "seeds"] {
        assert_eq!(known, stems(of), "{of}");
    }
}
