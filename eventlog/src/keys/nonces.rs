//! Nonces of an append, drawn in one go: a call of the operating system costs more than a nonce.

use super::cipher::{self, NONCE_SIZE};
use super::sealing::Nonce;

/// Nonces, each to be used once. 192 random bits never meet again.
pub(crate) struct Nonces {
    drawn: Result<Vec<u8>, String>,
    used: usize,
}

impl Nonces {
    /// Draws as many.
    pub fn draw(count: usize) -> Self {
        let mut bytes = vec![0; count * NONCE_SIZE];
        let drawn = if bytes.is_empty() { Ok(()) } else { cipher::random(&mut bytes) };
        Self { drawn: drawn.map(|()| bytes), used: 0 }
    }

    /// The next one where one is needed, otherwise any.
    pub fn next(&mut self, is_needed: bool) -> Result<&Nonce, String> {
        const UNUSED: &Nonce = &[0; NONCE_SIZE];
        if !is_needed {
            return Ok(UNUSED);
        }
        let bytes = self.drawn.as_ref().map_err(Clone::clone)?;
        let (nonces, _) = bytes.as_chunks();
        let nonce = nonces.get(self.used).ok_or("more nonces are needed than were drawn")?;
        self.used += 1;
        Ok(nonce)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_nonce_is_another() {
        let mut all = std::collections::BTreeSet::new();
        for _ in 0..100 {
            let mut nonces = Nonces::draw(100);
            all.extend((0..100).map(|_| *nonces.next(true).unwrap()));
            assert!(nonces.next(true).is_err(), "none is given twice");
        }
        assert_eq!(all.len(), 10_000);
        // Of 192 bits none stands still.
        let (mut ones, mut zeros) = ([0; NONCE_SIZE], [0; NONCE_SIZE]);
        for nonce in &all {
            for (place, byte) in nonce.iter().enumerate() {
                ones[place] |= byte;
                zeros[place] |= !byte;
            }
        }
        assert_eq!((ones, zeros), ([255; NONCE_SIZE], [255; NONCE_SIZE]));
    }
}
