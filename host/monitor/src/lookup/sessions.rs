//! Who has entered a key, in memory only: a restart ends all of it.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use data_encoding::HEXLOWER;
use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom as _, SystemRandom},
};
use tokio::time::Instant;

/// Without a request for so long, it ends.
const IDLE: Duration = Duration::from_secs(30 * 60);
/// It ends after a shift.
pub(super) const SHIFT: Duration = Duration::from_secs(8 * 60 * 60);
/// At once; where there are more, the one that would end first ends now.
const MOST: usize = 1024;

/// Those who have entered.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    /// By the SHA-256 of their tokens: how long a look takes then tells nothing about a token.
    open: Mutex<HashMap<Vec<u8>, Session>>,
}

#[derive(Clone, Copy, Debug)]
struct Session {
    /// SHA-256 of the key.
    key: [u8; 32],
    /// Ends unless used.
    until: Instant,
    /// Ends in any case.
    latest: Instant,
}

impl Sessions {
    /// Opens one for a key, and gives its token; none where the machine gives no random bytes.
    pub(super) fn open(&self, key: [u8; 32], now: Instant) -> Option<String> {
        let mut bytes = [0; 32];
        SystemRandom::new().fill(&mut bytes).ok()?;
        let token = HEXLOWER.encode(&bytes);
        let mut open = self.lock();
        open.retain(|_, session| session.until > now);
        if open.len() >= MOST {
            let first = open.iter().min_by_key(|(_, session)| session.until).map(|(token, _)| token.clone());
            first.map(|token| open.remove(&token));
        }
        open.insert(hashed(&token), Session { key, until: now + IDLE, latest: now + SHIFT });
        Some(token)
    }

    /// Whose it is, and that it is used.
    pub(super) fn key(&self, token: &str, now: Instant) -> Option<[u8; 32]> {
        let mut open = self.lock();
        let session = open.get_mut(&hashed(token)).filter(|session| session.until > now)?;
        session.until = session.latest.min(now + IDLE);
        Some(session.key)
    }

    pub(super) fn close(&self, token: &str) {
        self.lock().remove(&hashed(token));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Session>> {
        // Each change is one step: there is no half of one to be seen.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hashed(token: &str) -> Vec<u8> {
    digest(&SHA256, token.as_bytes()).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_when_it_is_not_used_after_a_shift_and_when_it_is_closed() {
        let (sessions, start) = (Sessions::default(), Instant::now());
        let token = sessions.open([7; 32], start).unwrap();
        assert_eq!(sessions.key(&token, start + IDLE / 2), Some([7; 32]));
        assert_eq!(sessions.key(&token, start + IDLE), Some([7; 32]), "it was used meanwhile");
        assert_eq!(sessions.key(&token, start + IDLE * 2), None, "not used for so long");
        let token = sessions.open([7; 32], start).unwrap();
        let steps = u32::try_from(SHIFT.as_secs() / IDLE.as_secs() * 2).unwrap();
        let lived = (1..=steps).take_while(|step| sessions.key(&token, start + IDLE / 2 * *step).is_some()).count();
        assert_eq!(u32::try_from(lived).unwrap(), steps - 1, "used all the time, it ends with the shift");
        let token = sessions.open([7; 32], start).unwrap();
        sessions.close(&token);
        assert_eq!(sessions.key(&token, start), None);
        assert_eq!(sessions.key("", start), None);
    }

    #[test]
    fn there_are_no_more_than_so_many_and_the_oldest_makes_room() {
        let (sessions, start) = (Sessions::default(), Instant::now());
        let first = sessions.open([1; 32], start).unwrap();
        for _ in 0..MOST {
            let _ = sessions.open([2; 32], start + Duration::from_secs(1)).unwrap();
        }
        assert_eq!(sessions.key(&first, start), None);
        assert_eq!(sessions.lock().len(), MOST);
    }
}
