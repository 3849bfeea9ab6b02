//! An adapter's log lines are masked, cut and counted.

use std::{
    io,
    sync::{Arc, Mutex},
};

use crate::guests::{Guest, friendly, limits, load, record};

const LOG: &str = r#"(import "qadam:adapter/log@0.1.0" "write" (func $log (param i32 i32 i32)))"#;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_flood_of_lines_is_cut_and_personal_numbers_are_masked() {
    let guest = Guest {
        imports: LOG,
        items: r#"(data (i32.const 1000) "number 850101199993\nnext")"#,
        map: "(local $left i32)
              (local.set $left (i32.const 10000))
              (loop $more
                (call $log (i32.const 2) (i32.const 1000) (i32.const 24))
                (local.set $left (i32.sub (local.get $left) (i32.const 1)))
                (br_if $more (local.get $left)))
              (call $answers (local.get $len))",
        ..friendly()
    };
    let adapter = load(&guest, limits()).unwrap();
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let mapped = tracing::subscriber::with_default(subscriber, || adapter.map(&[record(b"x")]).unwrap());
    assert_eq!(mapped.outcomes.len(), 1, "a flood is cut, not trapped");
    assert_eq!(mapped.log_lines_cut, 9900);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let text = text.lines().filter(|line| line.contains("qadam::adapter")).collect::<Vec<_>>();
    assert_eq!(text.len(), 101, "a hundred lines and one that counts the rest");
    assert!(text[0].contains("WARN") && text[0].contains("number 8501*****993 next"), "{}", text[0]);
    assert!(text[0].contains("hostile"), "the line names its adapter: {}", text[0]);
    assert!(text[100].contains("9900"), "{}", text[100]);
}
