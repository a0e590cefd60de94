//! A queue spread over the shards of a server, or over the nodes of a cluster.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::error::Result;
use crate::options::QueueOptions;
use crate::store::sharded::{Ears, Places, Sharded};
use crate::store::{Ask, Batch, Ear, News, Waiter as _};

use super::driver::{Address, Client, Waiter, wait_for_any};
use super::listener::RedisListener;
use super::protocol::{Reply, Request, Signpost};
use super::waiter::RedisWaiter;
use super::{Carrier, RedisStore};

/// Opens the queue of that name, spread over as many shards as the address says. Each has
/// connections of its own, and connects at its first call.
///
/// # Errors
/// `Internal` if the system gives no random numbers.
pub fn open_shards(
    address: &Address,
    name: &str,
    options: &QueueOptions,
) -> Result<Sharded<RedisStore<ShardClient>>> {
    let count = address.shards();
    let client = || Ok(Arc::new(Client::new(address.clone(), options)?));
    let clients = (0..count).map(|_| client()).collect::<Result<Vec<_>>>()?;
    let gate = Arc::new(Gate {
        signpost: Signpost::new(name, count),
        client: Arc::clone(&clients[0]),
        is_open: AtomicBool::new(false),
    });
    let shard = |(number, client)| {
        let carrier = ShardClient { client, gate: Arc::clone(&gate) };
        Arc::new(RedisStore::on_shard(carrier, name, (number, count), options))
    };
    let shards = clients.into_iter().enumerate().map(shard).collect();
    // Processes that start at the same time should not all go to the same shard.
    let first = options.random.unit() * count as f64;
    Sharded::new(shards, first as usize, enter, listen)
}

/// Makes the calls of one shard, once it is known that the queue has that many.
pub struct ShardClient {
    client: Arc<Client>,
    gate: Arc<Gate>,
}

/// What is checked before the first call of a handle.
struct Gate {
    signpost: Signpost,
    /// The client of the first shard, which is in the slot of the signpost.
    client: Arc<Client>,
    is_open: AtomicBool,
}

impl Gate {
    fn pass(&self) -> Result<()> {
        if !self.is_open.load(Ordering::Acquire) {
            self.signpost.check(self.client.call(self.signpost.read())?)?;
            self.is_open.store(true, Ordering::Release);
        }
        Ok(())
    }
}

impl Carrier for ShardClient {
    type Place<'a> = Waiter<'a>;

    fn call(&self, request: Request) -> Result<Reply> {
        self.gate.pass()?;
        self.client.call(request)
    }

    fn place(&self, key: &[u8]) -> Result<Waiter<'_>> {
        self.client.place(key)
    }

    fn polls(&self) -> bool {
        self.client.polls()
    }

    fn close(&self) {
        self.client.close();
    }
}

/// The places of one worker at all shards.
struct RedisPlaces<'a>(Vec<RedisWaiter<'a, ShardClient>>);

fn enter(shards: &[Arc<RedisStore<ShardClient>>]) -> Result<Box<dyn Places + '_>> {
    let places = shards.iter().map(|shard| shard.enter());
    Ok(Box::new(RedisPlaces(places.collect::<Result<_>>()?)))
}

impl Places for RedisPlaces<'_> {
    fn pop(&mut self, shard: usize, ask: Ask) -> Result<Batch> {
        self.0[shard].pop(ask)
    }

    fn wait(&mut self, timeout: Duration) -> Result<()> {
        let mut places: Vec<_> = self.0.iter_mut().map(RedisWaiter::place_to_wait).collect();
        wait_for_any(&mut places, timeout)
    }
}

/// The listeners of one thread at all shards.
struct RedisEars<'a>(Vec<RedisListener<'a, ShardClient>>);

fn listen(shards: &[Arc<RedisStore<ShardClient>>], ear: Ear) -> Result<Box<dyn Ears + '_>> {
    let listeners = shards.iter().map(|shard| shard.listen(ear));
    Ok(Box::new(RedisEars(listeners.collect::<Result<_>>()?)))
}

impl Ears for RedisEars<'_> {
    fn wait(&mut self, timeout: Duration) -> Result<Vec<News>> {
        let mut places: Vec<_> = self.0.iter_mut().map(RedisListener::place_to_wait).collect();
        wait_for_any(&mut places, timeout)?;
        Ok(self.0.iter().map(RedisListener::news).collect())
    }
}
