//! A place among those who listen: so many for each member, and a short queue for each.
use crate::hub::Room;
use kernel::{Problem, Uuid};
use records::Told;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;

/// Streams that one member may have open in one process.
const MOST_SEATS: usize = 10;
/// Change sets that a slow reader may fall behind by.
const BACKLOG: usize = 64;

/// Somebody who listens, as the hub sees them.
pub(crate) struct Listener {
    pub id: u64,
    pub member: Uuid,
    pub queue: mpsc::Sender<Arc<Told>>,
}

/// Leaving it makes room.
pub(crate) struct Seat {
    id: u64,
    workspace: Uuid,
    room: Arc<Mutex<Room>>,
    /// Ends when its holder has fallen too far behind, or everybody has.
    pub queue: mpsc::Receiver<Arc<Told>>,
}

impl Seat {
    pub fn take(room: &Arc<Mutex<Room>>, workspace: Uuid, member: Uuid) -> Result<Self, Problem> {
        let mut inside = locked(room);
        let listeners = inside.listeners.entry(workspace).or_default();
        if listeners.iter().filter(|l| l.member == member).count() >= MOST_SEATS {
            let detail = format!("You listen to changes in {MOST_SEATS} places already.");
            return Err(Problem::new("live.too_many", detail).hint("Close one of them."));
        }
        let (send, queue) = mpsc::channel(BACKLOG);
        let id = inside.next;
        inside.listeners.entry(workspace).or_default().push(Listener { id, member, queue: send });
        inside.next += 1;
        Ok(Self { id, workspace, room: room.clone(), queue })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut inside = locked(&self.room);
        let Some(listeners) = inside.listeners.get_mut(&self.workspace) else { return };
        listeners.retain(|l| l.id != self.id);
        if listeners.is_empty() {
            inside.listeners.remove(&self.workspace);
        }
    }
}

pub(crate) fn locked(room: &Mutex<Room>) -> MutexGuard<'_, Room> {
    room.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_has_ten_seats_and_a_seat_that_is_left_is_free() {
        let room = Arc::new(Mutex::new(Room::default()));
        let (workspace, member, other) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
        let mut seats: Vec<Seat> =
            (0..10).map(|_| Seat::take(&room, workspace, member).expect("a seat")).collect();
        let refused = Seat::take(&room, workspace, member).err().expect("no eleventh seat");
        assert_eq!(refused.code, "live.too_many");
        let somebody_else = Seat::take(&room, workspace, other).expect("a seat of their own");
        seats.pop();
        seats.push(Seat::take(&room, workspace, member).expect("the seat that was left"));
        drop((seats, somebody_else));
        assert!(locked(&room).listeners.is_empty());
    }
}
