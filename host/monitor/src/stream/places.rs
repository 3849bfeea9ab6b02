//! Who reads the stream: so many at once, so many with one key.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::http::StatusCode;

use super::tail::Tail;
use crate::{ApiLimits, problem::Problem};

/// The readers of the stream, and what they share.
#[derive(Debug)]
pub(crate) struct Streams {
    pub(crate) tail: Tail,
    most: usize,
    most_of_a_key: usize,
    readers: Arc<Mutex<HashMap<String, usize>>>,
}

/// A reader's place; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    key: String,
    readers: Arc<Mutex<HashMap<String, usize>>>,
}

impl Streams {
    pub(crate) fn new(limits: &ApiLimits) -> Self {
        Self {
            tail: Tail::default(),
            most: limits.streams,
            most_of_a_key: limits.streams_per_key,
            readers: Arc::default(),
        }
    }

    /// A place for a reader with this key.
    pub(crate) fn enter(&self, key: &str) -> Result<Place, Problem> {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, own) = (readers.values().sum::<usize>(), readers.get(key).copied().unwrap_or(0));
        if all >= self.most {
            return Err(full("readers of the stream", self.most, all));
        }
        if own >= self.most_of_a_key {
            return Err(full("readers of the stream with this key", self.most_of_a_key, own));
        }
        readers.insert(key.to_owned(), own + 1);
        metrics::gauge!("qadam_stream_readers").set(f64::from(u32::try_from(all + 1).unwrap_or(u32::MAX)));
        Ok(Place { key: key.to_owned(), readers: Arc::clone(&self.readers) })
    }
}

fn full(what: &str, limit: usize, actual: usize) -> Problem {
    let detail = format!("{actual} {what}, the limit is {limit}; end others, or read /v1/events page by page");
    let mut problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too-many-streams", "Too many readers", detail)
        .limited(limit as u64, actual as u64);
    problem.retry_after = Some(30);
    problem
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = readers.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                readers.remove(&self.key);
            }
        }
        let all = readers.values().sum::<usize>();
        metrics::gauge!("qadam_stream_readers").set(f64::from(u32::try_from(all).unwrap_or(u32::MAX)));
    }
}
