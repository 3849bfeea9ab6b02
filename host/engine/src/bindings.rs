//! The contract's types and its call, generated from the frozen WIT.

mod generated {
    wasmtime::component::bindgen!({
        world: "status",
        path: "../../wit/0.1.0",
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

pub(crate) use generated::{
    Status, StatusPre,
    exports::qadam::adapter::mapping,
    qadam::adapter::{log::Level, types},
};
