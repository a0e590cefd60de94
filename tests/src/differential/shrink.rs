//! Cutting a failing sequence down to the operations that matter.

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
    shortest.operations.truncate(seen.step + 1);
    let mut size = shortest.operations.len() / 2;
    while size > 0 {
        let mut at = 0;
        let mut has_shrunk = false;
        while at < shortest.operations.len() {
            let mut shorter = shortest.clone();
            let end = (at + size).min(shorter.operations.len());
            shorter.operations.drain(at..end);
            match fails(&shorter) {
                Some(difference) => {
                    shorter.operations.truncate(difference.step + 1);
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
