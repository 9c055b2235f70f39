//! The table `[idle]`.

use app_model::elapsed::elapsed;
use app_model::settings::Idle;

use crate::table::Table;

pub(crate) fn read(mut table: Table<'_, '_>) -> Idle {
    let after_ms = table.value("after").and_then(|value| {
        let ms = value.duration_ms()?;
        if ms < Idle::LEAST_AFTER_MS {
            let least = elapsed(Idle::LEAST_AFTER_MS);
            value.refuse(&format!("write `{least}` or more; without `after` nothing sleeps"));
            return None;
        }
        Some(ms)
    });
    table.finish();
    Idle { after_ms }
}
