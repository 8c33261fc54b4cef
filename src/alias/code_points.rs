//! Which code points are in nobody's local part (RFC 6531 allows all of them): they cannot be seen, look like nothing or
//! like another text, or mean nothing yet. Unicode's own classes decide.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::props::{BidiControl, DefaultIgnorableCodePoint, GeneralCategory, NoncharacterCodePoint};
use icu_properties::{CodePointMapData, CodePointSetData};
use std::borrow::Cow;

/// Why a code point is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedCodePoint {
    /// C0, DEL, C1.
    Control,
    /// Changes the direction of the text around it (UAX 9): shows an address as another one.
    Bidi,
    /// Default-ignorable: shown as nothing, so that two addresses look the same.
    Invisible,
    /// Any other format character.
    Format,
    /// A space, or a separator of lines or paragraphs.
    Space,
    /// Assigned by nobody, or by whoever likes.
    PrivateUse,
    /// Set aside for the inside of programs.
    Noncharacter,
    /// Not assigned: what it will look like, and how it will be normalized, nobody knows yet.
    Unassigned,
    /// U+FFFD: stands for octets that somebody has failed to decode.
    Replacement,
}

/// Why this code point is refused in a local part, if it is. ASCII is the grammar's affair.
pub(super) fn refusal(c: char) -> Option<RefusedCodePoint> {
    if c.is_ascii() {
        return None;
    }
    // In this order: several are in more than one class.
    let is_bidi = CodePointSetData::new::<BidiControl>().contains(c);
    let is_noncharacter = CodePointSetData::new::<NoncharacterCodePoint>().contains(c);
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    if c == char::REPLACEMENT_CHARACTER {
        Some(RefusedCodePoint::Replacement)
    } else if is_bidi {
        Some(RefusedCodePoint::Bidi)
    } else if is_noncharacter {
        Some(RefusedCodePoint::Noncharacter)
    } else if CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c) {
        Some(RefusedCodePoint::Invisible)
    } else {
        match category {
            GeneralCategory::Control => Some(RefusedCodePoint::Control),
            GeneralCategory::Format => Some(RefusedCodePoint::Format),
            GeneralCategory::PrivateUse => Some(RefusedCodePoint::PrivateUse),
            GeneralCategory::Unassigned | GeneralCategory::Surrogate => Some(RefusedCodePoint::Unassigned),
            GeneralCategory::SpaceSeparator | GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator => {
                Some(RefusedCodePoint::Space)
            }
            _ => None,
        }
    }
}

/// Whether it combines with the character before it.
pub(super) fn is_mark(c: char) -> bool {
    matches!(
        CodePointMapData::<GeneralCategory>::new().get(c),
        GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark | GeneralCategory::EnclosingMark
    )
}

/// Normalization form C (UAX 15).
pub(super) fn nfc(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

/// Normalization form D.
pub(super) fn nfd(text: &str) -> Cow<'_, str> {
    DecomposingNormalizerBorrowed::new_nfd().normalize(text)
}

/// Normalization form KC: also what only looks different, such as full-width letters, is one.
pub(super) fn nfkc(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfkc().normalize(text)
}
