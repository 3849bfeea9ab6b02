//! Paired rounds: what disturbs the machine disturbs both sides.

use crate::{Failure, client::Sent};

/// What one side needed, as medians.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side {
    /// Records per second.
    pub(crate) rate: f64,
    /// Microseconds of processor time of this process for each record: the client's share, and what follows the answers,
    /// included. Says more than the rate where others use the machine too.
    pub(crate) cpu: f64,
}

/// Both sides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    pub(crate) ours: Side,
    pub(crate) rival: Side,
    /// Median of the rounds' ratios of rates.
    pub(crate) ratio: f64,
}

/// A side's turn.
pub(crate) type Turn<'a> = &'a mut dyn FnMut() -> Result<Sent, Failure>;

/// So many rounds after one that warms up, each side first in turn.
pub(crate) fn paired(rounds: usize, ours: Turn<'_>, rival: Turn<'_>) -> Result<Pair, Failure> {
    let (mut our, mut their) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let (us, them) = if round % 2 == 0 {
            let us = alone(ours)?;
            (us, alone(rival)?)
        } else {
            let them = alone(rival)?;
            (alone(ours)?, them)
        };
        if round > 0 {
            our.push(us);
            their.push(them);
        }
    }
    let ratios = our.iter().zip(&their).map(|(us, them)| us.rate / them.rate).collect();
    Ok(Pair { ours: middle(&our), rival: middle(&their), ratio: median(ratios) })
}

/// A turn with nothing left to be written by the one before it.
fn alone(turn: Turn<'_>) -> Result<Side, Failure> {
    rustix::fs::sync();
    let before = processor_time()?;
    let sent = turn()?;
    Ok(Side { rate: sent.rate(), cpu: (processor_time()? - before) / sent.records as f64 })
}

/// Microseconds that this process has used.
fn processor_time() -> Result<f64, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, after_name) = stat.rsplit_once(')').ok_or("/proc/self/stat cannot be read")?;
    let ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<f64>).sum::<Result<f64, _>>()?;
    // Ticks are hundredths of a second on every Linux that we build for.
    Ok(ticks * 1e4)
}

fn middle(sides: &[Side]) -> Side {
    let of = |part: fn(&Side) -> f64| median(sides.iter().map(part).collect());
    Side { rate: of(|side| side.rate), cpu: of(|side| side.cpu) }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
