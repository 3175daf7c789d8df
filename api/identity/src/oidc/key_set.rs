//! The keys that an issuer publishes, without those that can check no signature, or that everybody could sign with.

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

use crate::oidc::settings::asymmetric;

/// Shorter RSA keys can be broken.
const RSA_BYTES_MIN: usize = 2048 / 8;

/// The document at `jwks_uri`. Its keys are read one by one: one of a kind that is unknown does not spoil the others.
#[derive(Deserialize)]
pub(super) struct Jwks {
    keys: Vec<Value>,
}

/// The keys with which tokens may be signed.
pub(super) struct KeySet(Vec<SigningKey>);

struct SigningKey {
    kid: Option<String>,
    kind: Kind,
    /// The only algorithm that it is for, where it says.
    algorithm: Option<Algorithm>,
    key: DecodingKey,
}

#[derive(Clone, Copy)]
enum Kind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

/// What is found for a token.
pub(super) enum Lookup {
    /// The key that it was signed with, if its signature is right.
    Found(DecodingKey),
    /// There is no key of its name.
    UnknownKid,
    /// There is none for its algorithm; for a token without a name also when there are several.
    NoneFits,
}

impl KeySet {
    pub(super) fn from_jwks(jwks: &Jwks) -> Self {
        Self(jwks.keys.iter().filter_map(SigningKey::read).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Lookup {
        let of_name = |key: &&SigningKey| kid.is_none() || key.kid.as_deref() == kid;
        let mut named = self.0.iter().filter(of_name).peekable();
        if named.peek().is_none() {
            return Lookup::UnknownKid;
        }
        let mut fitting = named.filter(|key| key.fits(algorithm));
        match (fitting.next(), fitting.next()) {
            (Some(found), None) => Lookup::Found(found.key.clone()),
            _ => Lookup::NoneFits,
        }
    }
}

impl SigningKey {
    fn read(value: &Value) -> Option<Self> {
        let jwk = Jwk::deserialize(value).ok()?;
        let common = &jwk.common;
        if common.public_key_use.as_ref().is_some_and(|purpose| *purpose != PublicKeyUse::Signature) {
            return None;
        }
        if common.key_operations.as_ref().is_some_and(|allowed| !allowed.contains(&KeyOperations::Verify)) {
            return None;
        }
        let algorithm = match value.get("alg") {
            None => None,
            Some(word) => Some(asymmetric(word.as_str()?)?),
        };
        let kind = Kind::of(&jwk.algorithm)?;
        Some(Self { kid: common.key_id.clone(), kind, algorithm, key: DecodingKey::from_jwk(&jwk).ok()? })
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        self.kind.fits(algorithm) && self.algorithm.is_none_or(|only| only == algorithm)
    }
}

impl Kind {
    fn of(parameters: &AlgorithmParameters) -> Option<Self> {
        match parameters {
            AlgorithmParameters::RSA(rsa) => {
                let modulus = BASE64URL_NOPAD.decode(rsa.n.as_bytes()).ok()?;
                let leading = modulus.iter().take_while(|byte| **byte == 0).count();
                (modulus.len() - leading >= RSA_BYTES_MIN).then_some(Self::Rsa)
            }
            AlgorithmParameters::EllipticCurve(ec) => match ec.curve {
                EllipticCurve::P256 => Some(Self::P256),
                EllipticCurve::P384 => Some(Self::P384),
                _ => None,
            },
            AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => Some(Self::Ed25519),
            _ => None,
        }
    }

    fn fits(self, algorithm: Algorithm) -> bool {
        use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
        match self {
            Self::Rsa => matches!(algorithm, RS256 | RS384 | RS512 | PS256 | PS384 | PS512),
            Self::P256 => algorithm == ES256,
            Self::P384 => algorithm == ES384,
            Self::Ed25519 => algorithm == EdDSA,
        }
    }
}
