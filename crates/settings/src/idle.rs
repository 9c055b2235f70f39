//! The table `[idle]`.

use app_model::elapsed::elapsed;
use app_model::settings::Idle;

use crate::table::Table;

pub(crate) fn read(mut table: Table<'_, '_>) -> Idle {
    let after_ms = table.value("after").and_then(|value| {
        let ms = value.duration_ms()?;
        if ms < Idle::LEAST_AFTER_MS {
            let least = elapsed(Idle::LEAST_AFTER_MS);
            value.refuse(&format!(
                "write `{least}` or more; without `after` nothing sleeps for that"
            ));
            return None;
        }
        Some(ms)
    });
    let under_pressure = table.value("under_pressure").and_then(|value| value.truth());
    table.finish();
    let default = Idle::default();
    Idle { after_ms, under_pressure: under_pressure.unwrap_or(default.under_pressure) }
}
