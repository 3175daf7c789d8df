//! A token as it comes: its form, its header, its signature. What it claims is looked at only once that fits.
//!
//! Signatures are checked by `jsonwebtoken` on the pure Rust implementations (no C to build). That of RSA is known to
//! leak a private key through its timing; only public keys are used here.

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::oidc::settings::asymmetric;
use crate::refusal::Refusal;

/// Longest token that is looked at.
pub(super) const TOKEN_SIZE_BYTES_MAX: usize = 16 * 1024;

/// The claims of a token, by name.
pub(super) type Claims = Map<String, Value>;

/// What is read of a header. Where to find the key is for the issuer to say, not for the token: `jku`, `jwk` and `x5u`
/// are not looked at.
#[derive(Deserialize)]
struct RawHeader {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    typ: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
}

/// Whatever it is, it is there.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    serde::de::IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// A header that may lead to a token that is accepted.
pub(super) struct Header {
    pub algorithm: Algorithm,
    pub kid: Option<String>,
}

/// Reads the header, without trusting it.
pub(super) fn read_header(token: &str, allowed: &[Algorithm]) -> Result<Header, Refusal> {
    let mut parts = token.split('.');
    let (Some(header), Some(_), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(Refusal::Malformed);
    };
    let bytes = BASE64URL_NOPAD.decode(header.as_bytes()).map_err(|_| Refusal::Malformed)?;
    let raw: RawHeader = serde_json::from_slice(&bytes).map_err(|_| Refusal::Malformed)?;
    let algorithm = asymmetric(&raw.alg).filter(|algorithm| allowed.contains(algorithm));
    let algorithm = algorithm.ok_or(Refusal::WrongAlgorithm)?;
    if raw.crit || !raw.typ.as_deref().is_none_or(is_access_token) {
        return Err(Refusal::WrongType);
    }
    Ok(Header { algorithm, kid: raw.kid })
}

fn is_access_token(typ: &str) -> bool {
    ["JWT", "at+jwt", "application/at+jwt"].iter().any(|known| typ.eq_ignore_ascii_case(known))
}

/// The claims, once the signature fits the key and they are by the issuer and for the audience. Times are not checked
/// here: that is done by the clock of the caller.
pub(super) fn verify(
    token: &str,
    algorithm: Algorithm,
    key: &DecodingKey,
    issuer: &str,
    audiences: &[String],
) -> Result<Claims, Refusal> {
    let mut validation = Validation::new(algorithm);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.set_issuer(&[issuer]);
    validation.set_audience(audiences);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    let claims = decode::<Claims>(token, key, &validation).map_err(|error| refusal_of(error.kind()))?.claims;
    // The library takes a list of issuers too; the standard knows none.
    if claims.get("iss").and_then(Value::as_str) == Some(issuer) { Ok(claims) } else { Err(Refusal::WrongIssuer) }
}

fn refusal_of(kind: &ErrorKind) -> Refusal {
    match kind {
        ErrorKind::InvalidSignature => Refusal::BadSignature,
        ErrorKind::InvalidIssuer => Refusal::WrongIssuer,
        ErrorKind::InvalidAudience => Refusal::WrongAudience,
        ErrorKind::InvalidAlgorithm => Refusal::WrongAlgorithm,
        ErrorKind::MissingRequiredClaim(name) => {
            let known = ["exp", "iss", "aud"].into_iter().find(|known| known == name);
            known.map_or(Refusal::Malformed, Refusal::MissingClaim)
        }
        _ => Refusal::Malformed,
    }
}
