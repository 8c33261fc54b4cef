//! From the fuzzer's octets to the octets of a target.
//!
//! They come in two modes. Octets as they are try what nobody expects, and are refused by most grammars at once. Octets
//! that choose words of the grammar get further: if the first octet is [`WORDS`], each of the others stands for a word of
//! the target's dictionary, the same that libFuzzer is given; one beyond the dictionary repeats the word before it.

use std::sync::LazyLock;

/// The octet that begins an input of words. No UTF-8 has it.
const WORDS: u8 = 0xff;

/// Octets of an input of words at the most: beyond the longest line of a command or of a reply.
const MAX: usize = 5 * 1024;

/// At how many places an input is cut in two, at the most. The fuzzer tries many inputs; each is to take little time.
const MAX_CUTS: usize = 8;

/// The words of a grammar.
pub(crate) struct Dictionary(LazyLock<Vec<Vec<u8>>>);

impl Dictionary {
    /// A dictionary from a function that [`words`] reads it with.
    pub(crate) const fn new(read: fn() -> Vec<Vec<u8>>) -> Self {
        Self(LazyLock::new(read))
    }

    /// The input that `data` stands for.
    pub(crate) fn input(&self, data: &[u8]) -> Vec<u8> {
        match data.split_first() {
            Some((&WORDS, choices)) => self.chosen(choices),
            _ => data.to_vec(),
        }
    }

    fn chosen(&self, choices: &[u8]) -> Vec<u8> {
        let (mut input, mut last): (Vec<u8>, &[u8]) = (Vec::new(), &[]);
        for &choice in choices {
            let times = match self.0.get(usize::from(choice)) {
                Some(word) => {
                    last = word;
                    1
                }
                None => usize::from(choice) - self.0.len() + 1,
            };
            for _ in 0..times {
                if input.len() + last.len() > MAX {
                    return input;
                }
                input.extend_from_slice(last);
            }
        }
        input
    }
}

/// The words of a dictionary of libFuzzer's: one a line, in quotes, with `\\`, `\"` and `\xAB`.
pub(crate) fn words(dictionary: &str) -> Vec<Vec<u8>> {
    let quoted = dictionary.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    quoted.map(|line| unescaped(line.strip_prefix('"').unwrap().strip_suffix('"').unwrap())).collect()
}

fn unescaped(text: &str) -> Vec<u8> {
    let (mut word, mut octets) = (Vec::new(), text.bytes());
    while let Some(octet) = octets.next() {
        word.push(match octet {
            b'\\' => match octets.next().unwrap() {
                b'x' => {
                    let digits = [octets.next().unwrap(), octets.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                escaped => escaped,
            },
            plain => plain,
        });
    }
    word
}

/// Tries `check` with the input in one piece, octet by octet, and cut in two.
pub(crate) fn every_split(input: &[u8], check: impl Fn(&[&[u8]])) {
    check(&[input]);
    check(&input.chunks(1).collect::<Vec<_>>());
    for at in (0..=input.len()).step_by(input.len() / MAX_CUTS + 1) {
        check(&[&input[..at], &input[at..]]);
    }
}
