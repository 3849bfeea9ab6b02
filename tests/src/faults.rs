//! A real host that delivers to a real receiver, each in a process of its own, with a misbehaving proxy between them; and what must
//! hold whatever goes wrong.

mod proxy;
mod receiving;
mod scene;

pub use self::{
    proxy::{Does, Mode, Proxy, Seen},
    receiving::Receiving,
    scene::{Checked, Scene, Setting},
};
