// TickcastFeed.mq5: sends finished bars and quotes to Tickcast.
// Source only: compile in MetaEditor; not compiled in our CI. Apache-2.0; see docs/metatrader.md.
#property description "Sends bars and quotes; keeps nothing: the server says what it lacks."
#include "Tickcast.mqh"
input string InpApiUrl   = "http://127.0.0.1:8000"; // Address of Tickcast, also in WebRequest's list
input string InpApiKey   = "";                      // Key of a feeder
input string InpPlatform = "mt5";                   // Name under which these markets are kept
input string InpSymbols  = "EURUSD,GBPUSD,XAUUSD";  // As Market Watch shows them, suffix and all
input bool   InpMinutes  = false;                   // Send M1 besides: signals of minutes, finer outcomes
#define RESENT 3
#define MOST_BARS 2500
CTickcast g_server; CPace g_pace; string g_symbols[], g_wants = "";

int OnInit(void) {
   for(int i = StringSplit(InpSymbols, ',', g_symbols) - 1; i >= 0; i--)
      if(!SymbolSelect(g_symbols[i], true))
         Print(g_symbols[i], " is no symbol of this broker: see Market Watch");
   return(g_server.Init(InpApiUrl, InpApiKey) ? INIT_SUCCEEDED : INIT_PARAMETERS_INCORRECT);
}
void OnDeinit(const int reason) { EventKillTimer(); }

void OnTimer(void) {
   if(!g_pace.IsDue()) return;
   int from = 0, status = g_server.Send("POST", "/ingest/mt/" + InpPlatform, Body());
   g_pace.Note(status, (int)MathMax(JsonLong(g_server.answer, "poll_s"), 1), g_server.RetryAfter());
   if(status != 200) return;
   g_wants = JsonList(g_server.answer, "want");
   if(JsonNext(g_wants, from) != "") g_pace.Now();
}

string Body(void) {
   bool demo = AccountInfoInteger(ACCOUNT_TRADE_MODE) == ACCOUNT_TRADE_MODE_DEMO;
   string terminal = StringFormat("{\"server\":%s,\"company\":%s,\"build\":%d,\"demo\":%s,\"connected\":%s}",
      Quoted(AccountInfoString(ACCOUNT_SERVER)), Quoted(AccountInfoString(ACCOUNT_COMPANY)),
      (int)TerminalInfoInteger(TERMINAL_BUILD), demo ? "true" : "false", TerminalInfoInteger(TERMINAL_CONNECTED) ? "true" : "false");
   string clock = StringFormat("{\"server\":%I64d,\"gmt\":%I64d}", (long)TimeTradeServer(), (long)TimeGMT());
   return("{\"v\":1,\"terminal\":" + terminal + ",\"clock\":" + clock + ",\"series\":[" + AllSeries()
      + "],\"quotes\":[" + Quotes() + "]}");
}

// The newest bars of every series, and those that the server said it lacks.
string AllSeries(void) {
   string all = "", want; int from = 0, room = MOST_BARS;
   string frames[]; int kinds = StringSplit(InpMinutes ? "M5,H1,M1" : "M5,H1", ',', frames);
   for(int i = 0; i < ArraySize(g_symbols); i++)
      for(int k = 0; k < kinds; k++) all += (all == "" ? "" : ",") + Series(g_symbols[i], frames[k], 0, RESENT);
   while((want = JsonNext(g_wants, from)) != "") {
      int count = (int)JsonLong(want, "count");
      if(count > room && room < MOST_BARS) continue; // whole spans only: the server asks again
      all += "," + Series(Json(want, "symbol"), Json(want, "tf"), (datetime)JsonLong(want, "from"), count);
      room -= count;
   }
   return(all);
}

// The last `count` finished bars, or those of `count` openings from `from` on (server time).
string Series(const string symbol, const string tf, const datetime from, const int count) {
   MqlRates rates[];
   ENUM_TIMEFRAMES period = tf == "H1" ? PERIOD_H1 : tf == "M1" ? PERIOD_M1 : PERIOD_M5; datetime now = TimeTradeServer();
   int copied = from == 0 ? CopyRates(symbol, period, 0, count + 1, rates) :
      CopyRates(symbol, period, from, from + count * PeriodSeconds(period) - 1, rates);
   int digits = (int)SymbolInfoInteger(symbol, SYMBOL_DIGITS), used = 0;
   string bars = "";
   for(int i = 0; i < copied && used < count; i++)
      if(rates[i].time >= from && rates[i].time + PeriodSeconds(period) <= now)
         bars += (used++ == 0 ? "" : ",") + StringFormat("[%I64d,%s,%s,%s,%s,%I64d,%d]", (long)rates[i].time,
            DoubleToString(rates[i].open, digits), DoubleToString(rates[i].high, digits), DoubleToString(rates[i].low, digits),
            DoubleToString(rates[i].close, digits), rates[i].tick_volume, rates[i].spread);
   return(StringFormat("{\"symbol\":%s,\"tf\":\"%s\",\"digits\":%d,\"point\":%.8f,\"bars\":[",
      Quoted(symbol), tf, digits, SymbolInfoDouble(symbol, SYMBOL_POINT)) + bars + "]}");
}

string Quotes(void) {
   string all = "";
   MqlTick tick;
   for(int i = 0; i < ArraySize(g_symbols); i++)
      if(SymbolInfoTick(g_symbols[i], tick))
         all += (all == "" ? "" : ",") + StringFormat("[%s,%I64d,%.8f,%.8f]", Quoted(g_symbols[i]),
            tick.time_msc, tick.bid, tick.ask);
   return(all);
}
