//! Cutting a failing sequence down to the steps that matter.

use super::generate::Sequence;
use super::run::Difference;

/// Gives the shortest sequence found that still fails, and its difference. `fails` runs a sequence
/// on fresh stores.
pub fn shrink(
    sequence: Sequence,
    difference: Difference,
    mut fails: impl FnMut(&Sequence) -> Option<Difference>,
) -> (Sequence, Difference) {
    let (mut shortest, mut seen) = (sequence, difference);
    shortest.steps.truncate(seen.index + 1);
    let mut size = shortest.steps.len() / 2;
    while size > 0 {
        let mut at = 0;
        let mut has_shrunk = false;
        while at < shortest.steps.len() {
            let mut shorter = shortest.clone();
            let end = (at + size).min(shorter.steps.len());
            shorter.steps.drain(at..end);
            match fails(&shorter) {
                Some(difference) => {
                    shorter.steps.truncate(difference.index + 1);
                    (shortest, seen, has_shrunk) = (shorter, difference, true);
                }
                None => at += size,
            }
        }
        if !has_shrunk || size > 1 {
            size /= 2;
        }
    }
    (shortest, seen)
}
