//! Frames survive the way there and back, however they are cut, and nothing else decodes.

use super::frame::{DecodeError, TooLong, decode, encode};
use super::metrics::{Metric, Metrics};
use super::relay_smtp::{MAX_CHUNK_OCTETS, ToRelay};
use super::{Rpc, Ticket, relay_web, vault_relay, vault_smtp, vault_web};
use crate::alias::{AliasAddress, Domain, RealAddress};
use crate::words::Language;
use proptest::prelude::*;

#[test]
fn a_frame_comes_back_from_every_cut() {
    let recipient = AliasAddress::parse("name@example.org", &[Domain::parse("example.org").unwrap()]).unwrap();
    let request = vault_smtp::Request::from(vault_smtp::Admit { recipient });
    let mut bytes = Vec::new();
    encode(&request, &mut bytes).unwrap();
    for cut in 0..bytes.len() {
        assert_eq!(decode::<vault_smtp::Request>(&bytes[..cut]), Ok(None));
    }
    let taken = bytes.len();
    bytes.extend_from_slice(b"next frame");
    assert_eq!(decode(&bytes), Ok(Some((request, taken))));
}

#[test]
fn left_over_octets_are_hostile() {
    let mut bytes = Vec::new();
    encode(&vault_smtp::Answer::Admit(vault_smtp::AdmitAnswer::No), &mut bytes).unwrap();
    bytes[0] += 1;
    bytes.push(0);
    assert_eq!(decode::<vault_smtp::Answer>(&bytes), Err(DecodeError));
}

#[test]
fn a_chunk_of_the_largest_size_fits() {
    let content = vec![b'x'; MAX_CHUNK_OCTETS];
    let mut bytes = Vec::new();
    encode(&ToRelay::Chunk(&content), &mut bytes).unwrap();
    assert!(matches!(decode(&bytes), Ok(Some((ToRelay::Chunk(c), _))) if c == content));
}

/// An answer to another request is none to this one.
#[test]
fn an_answer_belongs_to_its_request() {
    const DONE: vault_relay::SpendAnswer = vault_relay::SpendAnswer::Done { counted: true, last: false };
    let answer = || vault_relay::Answer::Spend(DONE);
    assert_eq!(<vault_relay::Spend as Rpc<_>>::answer(answer()), Some(DONE));
    assert_eq!(<vault_relay::Refund as Rpc<_>>::answer(answer()), None);
}

#[test]
fn what_does_not_fit_leaves_no_trace() {
    let mut bytes = vec![7];
    let request =
        vault_web::Request::from(vault_web::OptOut { target: "x".repeat(70_000), language: Language::English });
    assert_eq!(encode(&request, &mut bytes), Err(TooLong));
    assert_eq!(bytes, [7]);
}

/// A text that is no address does not decode: nobody downstream looks at its shape again.
#[test]
fn a_real_address_is_checked_when_it_is_decoded() {
    let mut bytes = Vec::new();
    let target = RealAddress::parse_new("someone@example.net").unwrap();
    let answer = vault_relay::RedeemAnswer::Redeemed { target, reverse_path: String::new(), scarce: true };
    encode(&vault_relay::Answer::Redeem(answer), &mut bytes).unwrap();
    let at = bytes.iter().position(|&b| b == b'@').unwrap();
    bytes[at] = b'\n';
    assert!(decode::<vault_relay::Answer>(&bytes).is_err());
}

/// A process of another build would count other metrics; its numbers are not taken for ours.
#[test]
fn another_number_of_metrics_does_not_decode() {
    let ours = Metrics::default();
    let mut bytes = Vec::new();
    encode(&ours, &mut bytes).unwrap();
    assert_eq!(decode(&bytes), Ok(Some((ours, bytes.len()))));
    for other in [Metric::ALL.len() - 1, Metric::ALL.len() + 1] {
        let mut bytes = Vec::new();
        encode(&vec![0_u64; other], &mut bytes).unwrap();
        assert_eq!(decode::<Metrics>(&bytes), Err(DecodeError), "{other} metrics");
    }
}

/// An alias is canonical wherever it is decoded: nobody downstream looks at its shape again.
#[test]
fn an_alias_is_checked_when_it_is_decoded() {
    let decoded = |text: &str| {
        let mut bytes = Vec::new();
        encode(&text, &mut bytes).unwrap();
        decode::<AliasAddress>(&bytes).map(|alias| alias.map(|(alias, _)| alias.as_str().to_owned()))
    };
    for text in ["name@example.org", "a.b@two.example", "\"a@b\"@example.org"] {
        assert_eq!(decoded(text), Ok(Some(text.to_owned())));
    }
    for text in [
        "",
        "name",
        "@example.org",
        "name@",
        "name@exa mple.org",
        "a@b@example.org",
        "name@example.org\r\n",
        "Name@example.org",
        "name+shop@example.org",
        "name@Example.org",
        "name@[192.0.2.1]",
        "na me@example.org",
    ] {
        assert_eq!(decoded(text), Err(DecodeError), "{text}");
    }
}

proptest! {
    #[test]
    fn no_octets_make_a_decoder_panic(bytes: Vec<u8>) {
        let _ = decode::<vault_smtp::Request>(&bytes);
        let _ = decode::<vault_relay::Request>(&bytes);
        let _ = decode::<vault_web::Request>(&bytes);
        let _ = decode::<relay_web::Request>(&bytes);
        let _ = decode::<relay_web::Answer>(&bytes);
        let _ = decode::<super::vault_admin::Request>(&bytes);
        let _ = decode::<ToRelay<'_>>(&bytes);
    }

    #[test]
    fn tickets_come_back(raw: [u8; 16]) {
        let mut bytes = Vec::new();
        let request = vault_smtp::Request::from(vault_smtp::Release { ticket: Ticket::from_random(raw) });
        encode(&request, &mut bytes).unwrap();
        let taken = bytes.len();
        prop_assert_eq!(decode(&bytes), Ok(Some((request, taken))));
    }
}
