"""A small server that speaks Coinbase Exchange's and Binance's public protocols from files.

`python -m feeds.simulator --data DIR --port 9300` serves, at one address,

- Coinbase Exchange REST: /products, /products/{id}, its candles (300 a call),
  trades (cursors), ticker and stats, /currencies, /time; and its feed on /:
  matches, ticker, ticker_batch, heartbeat, status; and Advanced Trade's feed there as well:
  level2, heartbeats;
- Binance spot REST under /api/v3: ping, time, exchangeInfo, klines (1,000 a
  call), trades, historicalTrades, aggTrades, ticker/24hr, price, bookTicker, depth;
  and its streams on /ws and /stream: trade, aggTrade, kline, ticker, miniTicker,
  bookTicker, depth.

Each exchange has the products that DIR holds files of, and each product the
resolutions that it holds files of; any other resolution is without data.
`DIR/candles/{platform}/{symbol}/{seconds}.csv[.gz]` has the header
`time,open,high,low,close,volume` (epoch seconds),
`DIR/trades/{platform}/{symbol}.csv[.gz]` the header
`trade_id,time,price,size,side` (epoch milliseconds, the taker's side).

Time. By default the files are history: REST gives all of it, and a feed plays a
file from its first row, at `--speed`, from the first subscription on, once for
all who listen; from then on REST gives no trade that has not been played.
With `--shift-to-now` the files end at the present. The coarsest newest candle is
under way, and shows its part so far as exchanges do; past their end the files
are played backwards, then forwards again, so that prices stay unbroken and
within what the files hold. `--speed` above 1 lets the market's time run ahead of
ours, in every stamp and in the Date header. `--clock-offset` sets it wrong.

Faults, each with a probability: a status (429, 500, any from 400 to 599) answers
a request or a handshake with it; `drop` cuts the connection without an answer,
for a feed once a second; `gap` leaves out one inner run of an answer's candles,
and single messages of a feed; of books, `repeat` sends a change twice, `crossed` adds a
bid above the best ask, `late` answers with an old snapshot. `--seed` makes them repeatable.

What files do not hold is simple: quotes are a spread of one tick at the last
trade, order books change at random around it, klines count 0 trades, and the
quote volume is volume times the mean price.
"""
