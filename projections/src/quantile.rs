//! Quantiles of type 7 (Hyndman and Fan), the default of R and `NumPy`: linear between the two nearest order statistics.

/// The quantile of unsorted values; none of none. The values are reordered.
pub(crate) fn type7(values: &mut [i64], probability: f64) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    #[expect(clippy::cast_precision_loss, reason = "fewer than 2^52 values")]
    let place = last as f64 * probability;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the number of values")]
    let below = (place.floor() as usize).min(last);
    let (_, low, rest) = values.select_nth_unstable(below);
    let low = *low;
    let high = rest.iter().min().copied().unwrap_or(low);
    #[expect(clippy::cast_precision_loss, reason = "microseconds of less than two centuries fit")]
    let (low, step) = (low as f64, high.saturating_sub(low) as f64);
    Some((place - place.floor()).mul_add(step, low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_agrees_with_r() {
        // quantile(c(1, 2, 3, 4, 10), c(.5, .9, .25), type = 7) is 3, 7.6, 2
        let values = [10, 1, 4, 2, 3];
        assert_eq!(type7(&mut values.clone(), 0.5), Some(3.0));
        assert!((type7(&mut values.clone(), 0.9).unwrap() - 7.6).abs() < 1e-9);
        assert_eq!(type7(&mut values.clone(), 0.25), Some(2.0));
        assert_eq!(type7(&mut [5, 6], 0.5), Some(5.5));
        assert_eq!(type7(&mut [5], 0.9), Some(5.0));
        assert_eq!(type7(&mut [], 0.5), None);
    }
}
