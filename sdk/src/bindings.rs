//! What `wit-bindgen` makes of the contract. Nothing here is written by hand.
//!
//! The generated code holds the crate's only `unsafe`: the canonical ABI of the component model.

wit_bindgen::generate!({
    path: "../wit/0.1.0",
    world: "status",
    additional_derives: [Clone, PartialEq],
    pub_export_macro: true,
    export_macro_name: "export_status",
    default_bindings_module: "qadam_sdk::bindings",
});
