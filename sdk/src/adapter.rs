//! The trait of an adapter, and the macro that makes a component of it.

use std::marker::PhantomData;

use crate::bindings::exports::qadam::adapter::mapping::Guest;
use crate::{Description, Event, NativeRecord, RecordError};

/// An adapter: a pure function from native records to events.
///
/// No method takes `self`: an adapter has no state, and each batch meets a fresh instance of the component. What it
/// gives depends on the record and on [`crate::config`] only, so that the host can repeat a run from its journal.
pub trait Adapter {
    /// What the adapter is. Asked once, when the host loads it.
    fn describe() -> Description;

    /// Maps one record to no event (a heartbeat), one or several.
    ///
    /// # Errors
    ///
    /// A [`RecordError`] costs this record only. A missing data field is no error: leave it unchanged, the host names
    /// what a request lacks. Never guess a stage: an unknown word is [`RecordError::unknown_native_status`].
    fn map_record(record: &NativeRecord) -> Result<Vec<Event>, RecordError>;

    /// Maps a batch, one result for each record in their order. The default maps them one by one; an adapter whose
    /// format gains from preparing something once a batch writes its own.
    fn map(records: Vec<NativeRecord>) -> Vec<Result<Vec<Event>, RecordError>> {
        records.iter().map(Self::map_record).collect()
    }
}

/// Makes the given [`Adapter`] the component's `qadam:adapter/mapping`. Write it once, at the root of the crate.
///
/// On other targets than wasm it only checks that the type is an [`Adapter`], so that the same crate links natively and
/// its unit tests run without a host.
#[macro_export]
macro_rules! export_adapter {
    ($adapter:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Exported = $crate::Exported<$adapter>;
    $crate::bindings::export_status!(Exported with_types_in $crate::bindings);
        };
        #[cfg(not(target_arch = "wasm32"))]
        const _: () = {
            const fn is_an_adapter<A: $crate::Adapter>() {}
            is_an_adapter::<$adapter>();
        };
    };
}

/// Carries an author's type into the generated trait.
///
/// The author's crate cannot implement [`Guest`] for everything that is an [`Adapter`], and should not have to name it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Exported<A>(PhantomData<A>);

impl<A: Adapter> Guest for Exported<A> {
    fn describe() -> Description {
        tell_of_panics();
        A::describe()
    }

    fn map(records: Vec<NativeRecord>) -> Vec<Result<Vec<Event>, RecordError>> {
        tell_of_panics();
        A::map(records)
    }
}

/// A panic becomes a trap, of which the host knows the functions. The place in the sources goes to the log before it, and
/// the message where the program's text alone made it: any other may hold what stood in the record.
fn tell_of_panics() {
    #[cfg(target_arch = "wasm32")]
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        let message = panic.payload().downcast_ref::<&'static str>().map_or(String::new(), |text| format!(": {text}"));
        crate::log::error(format!("panicked at {place}{message}"));
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    struct Lengths;

    impl Adapter for Lengths {
        fn describe() -> Description {
            Description::new("lengths", "1.0.0", ["text/plain"], Vec::new())
        }

        fn map_record(record: &NativeRecord) -> Result<Vec<Event>, RecordError> {
            match record.body.len() {
                0 => Err(RecordError::malformed("body", "empty")),
                _ => Ok(Vec::new()),
            }
        }
    }

    crate::export_adapter!(Lengths);

    #[test]
    fn a_batch_is_answered_record_by_record_in_order() {
        let batch = vec![testing::record("a"), testing::record(""), testing::record("b")];
        let answers = <Exported<Lengths> as Guest>::map(batch);
        assert_eq!(answers, [Ok(Vec::new()), Err(RecordError::malformed("body", "empty")), Ok(Vec::new())]);
        assert_eq!(<Exported<Lengths> as Guest>::describe().media_types, ["text/plain"]);
    }
}
