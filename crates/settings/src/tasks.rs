//! The table `[tasks]`.

use app_model::settings::Tasks;

use crate::table::Table;

pub(crate) fn read(mut table: Table<'_, '_>) -> Tasks {
    let max_live = table.value("max_live").and_then(|value| value.number(1, Tasks::MOST_LIVE));
    table.finish();
    let default = Tasks::default();
    Tasks { max_live: max_live.unwrap_or(default.max_live) }
}
