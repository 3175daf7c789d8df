//! What `docs/log-format.md` says of single values, byte by byte.

use letopis_domain::event::PayloadCodec;
use letopis_domain::ids::LeadId;
use letopis_domain::values::{AttributeValue, Date, Money, TextDigest, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use crate::codec::Bincode;

fn bytes<T: Serialize>(value: T) -> Vec<u8> {
    Bincode.encode(&value).unwrap()
}

#[test]
fn an_integer_takes_as_many_bytes_as_it_needs() {
    assert_eq!(bytes(0_u32), [0]);
    assert_eq!(bytes(250_u64), [250]);
    assert_eq!(bytes(251_u32), [251, 251, 0]);
    assert_eq!(bytes(65_535_u64), [251, 0xff, 0xff]);
    assert_eq!(bytes(65_536_u32), [252, 0, 0, 1, 0]);
    assert_eq!(bytes(u64::from(u32::MAX)), [252, 0xff, 0xff, 0xff, 0xff]);
    assert_eq!(bytes(1_u64 << 32), [253, 0, 0, 0, 0, 1, 0, 0, 0]);
    assert_eq!(bytes(1_u128 << 64), [[254_u8, 0, 0, 0, 0, 0, 0, 0, 0].as_slice(), &[1, 0, 0, 0, 0, 0, 0, 0]].concat());
    assert_eq!(bytes(255_u8), [255]);
    assert!(Bincode.decode::<u64>(&[255]).is_err());
}

#[test]
fn a_signed_integer_is_written_as_an_unsigned_one() {
    assert_eq!([0_i64, -1, 1, -2, 2].map(bytes), [[0], [1], [2], [3], [4]]);
    assert_eq!(bytes(-125_i32), [249]);
    assert_eq!(bytes(-126_i128), [251, 251, 0]);
    assert_eq!(bytes(Timestamp::from_micros(-3)), [5]);
    assert_eq!(bytes("0001-01-01".parse::<Date>().unwrap()), [2]);
}

#[test]
fn sizes_and_presence_stand_in_front() {
    assert_eq!(bytes("é!"), [3, 0xc3, 0xa9, b'!']);
    assert_eq!(bytes(vec![true, false]), [2, 1, 0]);
    assert_eq!(bytes(None::<u32>), [0]);
    assert_eq!(bytes(Some(7_u32)), [1, 7]);
    assert_eq!(bytes(LeadId(Uuid::from_u128(1))), [[16].as_slice(), &[0; 15], &[1]].concat());
}

#[test]
fn values_with_words_of_their_own_are_stored_as_the_listing_says() {
    let money: Money = serde_json::from_str(r#"{"amount": "-12.50", "currency": "EUR"}"#).unwrap();
    assert_eq!(bytes(money), [251, 0xc3, 0x09, 2, b'E', b'U', b'R']);
    assert_eq!(bytes(TextDigest::from_number(251)), [251, 251, 0]);
    assert_eq!(bytes(AttributeValue::Flag(true)), [2, 1]);
}
