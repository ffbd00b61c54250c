// TickcastTrader.mq5: trades by Tickcast's signals and reports what became of it.
// Source only: compile in MetaEditor; not compiled in our CI. Apache-2.0; see docs/metatrader.md.
// It remembers nothing: which signal an order was for, and until when, is in its comment.
#property description "Opens nothing while InpTrade is false. Try it on a demo account."
#include "Tickcast.mqh"
input string InpApiUrl        = "http://127.0.0.1:8000"; // Address of Tickcast, also in WebRequest's list
input string InpApiKey        = "";    // Key of a subscriber
input bool   InpTrade         = false; // Open positions
input double InpRiskPercent   = 0.5;   // Percent of equity that a stop costs
input double InpMaxLots       = 1.0;   // Lots of a position at most
input int    InpMaxPositions  = 10;    // Positions at once at most
input double InpMinConfidence = 0.0;   // Signals below this chance are not asked for
input int    InpMaxSlippage   = 20;    // Points that a fill may be worse
input long   InpMagic         = 20020; // Tells our positions from others
input string InpSuffix        = "";    // What the broker adds to symbols, such as .m
input string InpSymbolMap     = "";    // Other names of the broker: XAUUSD=GOLD,US500=SPX500
input int    InpHistoryDays   = 30;    // Days that are told again after a start
#define SCAN_S 15
#define AFTER_CLOSE_S 5
#define HEARTBEAT_S 60
CTickcast g_server;
CPace     g_scan, g_heartbeat, g_report;
string    g_etag = "", g_items = "", g_skipped = "", g_told = "";
long      g_ahead = 0, g_next_close = 0, g_open = 0;

int OnInit(void) { return(g_server.Init(InpApiUrl, InpApiKey) ? INIT_SUCCEEDED : INIT_PARAMETERS_INCORRECT); }
void OnDeinit(const int reason) { EventKillTimer(); }
long Ticks(void) { return((long)(GetTickCount64() / 1000)); }
long Unix(void)  { return(g_ahead + Ticks()); } // the server's time: this computer's may be wrong

void OnTimer(void) {
   if(!HistorySelect(TimeTradeServer() - InpHistoryDays * 86400, TimeTradeServer() + 86400)) return;
   LookAfterPositions();
   if(g_scan.IsDue()) Scan();
   if(g_ahead != 0) ReportChanges();
   if(g_heartbeat.IsDue()) Heartbeat();
}

void Scan(void) {
   int status = g_server.Send("GET", "/api/scan?min_confidence=" + DoubleToString(InpMinConfidence, 2), "",
      g_etag == "" ? "" : "If-None-Match: " + g_etag + "\r\n");
   if(status == 200) {
      g_ahead = JsonLong(g_server.answer, "server_time_unix") - Ticks();
      g_next_close = JsonLong(g_server.answer, "next_close_unix");
      g_etag = g_server.Header("etag");
      g_items = JsonList(g_server.answer, "items");
   }
   long left = g_next_close - Unix(); // soon after a close there is something new
   int every = (int)(left > 0 ? MathMin(left + 3, SCAN_S) : (left > -60 ? AFTER_CLOSE_S : SCAN_S));
   g_scan.Note(status, every, g_server.RetryAfter());
   if(status == 200 || status == 304) Consider();
}

// Open what the signals say; the others are told with their reasons.
void Consider(void) {
   string item; int from = 0;
   g_skipped = "";
   while((item = JsonNext(g_items, from)) != "") {
      if(Json(item, "signal") == "NO_TRADE" || IsTaken(Json(item, "pred_id"))) continue;
      string why = Against(item);
      if(why == "") why = Open(item);
      if(why != "") g_skipped += (g_skipped == "" ? "" : ",")
         + StringFormat("{\"pred_id\":%s,\"why\":\"%s\"}", Json(item, "pred_id"), why);
   }
}

string Against(const string item) {
   MqlTick tick; string symbol = Renamed(Json(item, "symbol"), true);
   if(!InpTrade || !MQLInfoInteger(MQL_TRADE_ALLOWED)) return("disabled");
   if(!SymbolSelect(symbol, true) || Json(item, "tp") == "" || !SymbolInfoTick(symbol, tick)) return("symbol");
   if(Unix() > JsonLong(item, "enter_by_unix")) return("late");
   if(g_open >= InpMaxPositions || (Mode() == "netting" && PositionSelect(symbol))) return("max_positions");
   return(tick.ask - tick.bid > JsonDouble(item, "spread_max") ? "spread" : "");
}

string Open(const string item) {
   string symbol = Renamed(Json(item, "symbol"), true);
   bool buy = Json(item, "signal") == "BUY";
   double price = SymbolInfoDouble(symbol, buy ? SYMBOL_ASK : SYMBOL_BID), side = buy ? 1 : -1;
   int digits = (int)SymbolInfoInteger(symbol, SYMBOL_DIGITS); // brokers refuse prices with more of them
   double sl = NormalizeDouble(JsonDouble(item, "sl"), digits), tp = NormalizeDouble(JsonDouble(item, "tp"), digits);
   if(side * (price - sl) <= 0 || side * (tp - price) <= 0) return("late"); // it has passed an exit already
   double value = SymbolInfoDouble(symbol, SYMBOL_TRADE_TICK_VALUE) / SymbolInfoDouble(symbol, SYMBOL_TRADE_TICK_SIZE);
   double risked = AccountInfoDouble(ACCOUNT_EQUITY) * InpRiskPercent / 100, step = SymbolInfoDouble(symbol, SYMBOL_VOLUME_STEP);
   double lots = MathFloor(MathMin(risked / (MathAbs(price - sl) * value), InpMaxLots) / step) * step;
   if(lots < SymbolInfoDouble(symbol, SYMBOL_VOLUME_MIN)) return("margin");
   uint code = Order(symbol, buy, lots, sl, tp,
      "tc " + Json(item, "pred_id") + " " + Json(item, "timeframe") + " " + Json(item, "exit_by_unix"), 0);
   bool placed = code == TRADE_RETCODE_DONE || code == TRADE_RETCODE_PLACED;
   g_open += placed ? 1 : 0;
   return(placed ? "" : (code == TRADE_RETCODE_NO_MONEY ? "margin" : "other"));
}

uint Order(string symbol, bool buy, double lots, double sl, double tp, string comment, ulong position) {
   MqlTradeRequest request = {};           MqlTradeResult result = {};
   bool partly = (SymbolInfoInteger(symbol, SYMBOL_FILLING_MODE) & SYMBOL_FILLING_IOC) != 0;
   request.action = TRADE_ACTION_DEAL;     request.type = buy ? ORDER_TYPE_BUY : ORDER_TYPE_SELL;
   request.symbol = symbol;                request.price = SymbolInfoDouble(symbol, buy ? SYMBOL_ASK : SYMBOL_BID);
   request.volume = lots;                  request.type_filling = partly ? ORDER_FILLING_IOC : ORDER_FILLING_FOK;
   request.sl = sl;                        request.tp = tp;
   request.deviation = InpMaxSlippage;     request.magic = InpMagic;
   request.comment = comment;              request.position = position;
   if(!OrderSend(request, result)) Print(symbol, ": the broker refuses: ", result.retcode, " ", result.comment);
   return(result.retcode);
}

// Count our positions, and close those whose time is over.
void LookAfterPositions(void) {
   string tag[]; g_open = 0;
   for(int i = PositionsTotal() - 1; i >= 0; i--) {
      ulong ticket = PositionGetTicket(i);
      if(ticket == 0 || PositionGetInteger(POSITION_MAGIC) != InpMagic) continue;
      g_open++;
      if(g_ahead != 0 && IsTag(PositionGetString(POSITION_COMMENT), tag) && Unix() >= StringToInteger(tag[3]))
         Order(PositionGetString(POSITION_SYMBOL), PositionGetInteger(POSITION_TYPE) == POSITION_TYPE_SELL,
            PositionGetDouble(POSITION_VOLUME), 0, 0, "tc time", ticket);
   }
}

// Tell every position of ours that has changed since the server last took it.
void ReportChanges(void) {
   string tag[];
   for(int i = 0; i < HistoryDealsTotal() && g_report.IsDue(); i++) {
      ulong deal = HistoryDealGetTicket(i);
      if(HistoryDealGetInteger(deal, DEAL_MAGIC) != InpMagic || !IsTag(HistoryDealGetString(deal, DEAL_COMMENT), tag))
         continue;
      string report = Report(HistoryDealGetInteger(deal, DEAL_POSITION_ID), deal, tag);
      if(StringFind(g_told, report) >= 0) continue;
      int status = g_server.Send("POST", "/api/executions", report);
      bool passing = status < 100 || status >= 500 || status == 401 || status == 408 || status == 429;
      g_report.Note(passing ? status : 200, 0, g_server.RetryAfter());
      if(!passing) g_told += report; // taken, or refused for good
   }
}

string Report(const long id, const ulong first, string &tag[]) {
   double lots = 0, out = 0, worth = 0, commission = 0, swap = 0, profit = 0;
   ulong last = 0; bool turned = false; // what is left of a netting position that was turned round is not ours
   for(int i = 0; i < HistoryDealsTotal() && !turned; i++) {
      ulong deal = HistoryDealGetTicket(i);
      if(HistoryDealGetInteger(deal, DEAL_POSITION_ID) != id) continue;
      double volume = HistoryDealGetDouble(deal, DEAL_VOLUME);
      bool entered = HistoryDealGetInteger(deal, DEAL_ENTRY) == DEAL_ENTRY_IN;
      turned = HistoryDealGetInteger(deal, DEAL_ENTRY) == DEAL_ENTRY_INOUT;
      commission += HistoryDealGetDouble(deal, DEAL_COMMISSION);
      swap += HistoryDealGetDouble(deal, DEAL_SWAP);
      profit += HistoryDealGetDouble(deal, DEAL_PROFIT);
      lots += entered ? volume : 0;
      out += entered ? 0 : volume;
      worth += entered ? 0 : volume * HistoryDealGetDouble(deal, DEAL_PRICE);
      if(!entered) last = deal;
   }
   bool over = last != 0 && (turned || out >= lots - 0.000001); // history lags behind the list of positions
   string symbol = HistoryDealGetString(first, DEAL_SYMBOL);
   int digits = (int)SymbolInfoInteger(symbol, SYMBOL_DIGITS);
   return(StringFormat("{\"pred_id\":%s,\"ticket\":%I64d,\"symbol\":%s,\"timeframe\":\"%s\",\"signal\":\"%s\",",
         tag[1], id, Quoted(Renamed(symbol, false)), tag[2],
         HistoryDealGetInteger(first, DEAL_TYPE) == DEAL_TYPE_BUY ? "BUY" : "SELL")
      + StringFormat("\"opened_at\":%s,\"closed_at\":%s,\"entry_price\":%s,\"exit_price\":%s,\"pnl\":%s,\"result\":%s,",
         Moment(first), over ? Moment(last) : "null", DoubleToString(HistoryDealGetDouble(first, DEAL_PRICE), digits),
         last != 0 ? DoubleToString(worth / out, digits) : "null",
         last != 0 ? DoubleToString(profit + commission + swap, 2) : "null", over ? Result(last) : "null")
      + StringFormat("\"account\":%s,\"volume\":%.2f,\"closed_volume\":%.2f,\"commission\":%.2f,\"swap\":%.2f,",
         Account(), lots, MathMin(out, lots), commission, swap)
      + StringFormat("\"magic\":%I64d,\"utc_offset_s\":%I64d}", InpMagic,
         (long)MathRound(((long)TimeTradeServer() - Unix()) / 900.0) * 900));
}

string Result(const ulong deal) {
   string why = StringSubstr(EnumToString((ENUM_DEAL_REASON)HistoryDealGetInteger(deal, DEAL_REASON)), 12);
   if(HistoryDealGetString(deal, DEAL_COMMENT) == "tc time") why = "TIME";
   return("\"" + (why == "CLIENT" || why == "MOBILE" || why == "WEB" ? "MANUAL" : why) + "\"");
}

void Heartbeat(void) {
   int status = g_server.Send("POST", "/api/ea/heartbeat",
      StringFormat("{\"version\":\"%s\",\"platform\":\"mt5\",\"build\":%d,\"account\":%s,\"server_time\":%I64d,",
         TICKCAST_VERSION, (int)TerminalInfoInteger(TERMINAL_BUILD), Account(), (long)TimeTradeServer())
      + StringFormat("\"gmt_time\":%I64d,\"open_positions\":%d,\"skipped\":[", (long)TimeGMT(), (int)g_open)
      + g_skipped + "]}");
   g_heartbeat.Note(status, HEARTBEAT_S, g_server.RetryAfter());
   if(status == 200) g_ahead = JsonLong(g_server.answer, "server_time_unix") - Ticks();
}

string Account(void) {
   bool demo = AccountInfoInteger(ACCOUNT_TRADE_MODE) == ACCOUNT_TRADE_MODE_DEMO;
   return(StringFormat("{\"login\":%I64d,\"server\":%s,\"currency\":%s,\"demo\":%s,\"mode\":\"%s\"}",
      AccountInfoInteger(ACCOUNT_LOGIN), Quoted(AccountInfoString(ACCOUNT_SERVER)),
      Quoted(AccountInfoString(ACCOUNT_CURRENCY)), demo ? "true" : "false", Mode()));
}

string Mode(void) {
   return(AccountInfoInteger(ACCOUNT_MARGIN_MODE) == ACCOUNT_MARGIN_MODE_RETAIL_HEDGING ? "hedging" : "netting");
}
// The broker's time of a deal, without a zone: `utc_offset_s` says which it is.
string Moment(const ulong deal) {
   MqlDateTime at; TimeToStruct((datetime)HistoryDealGetInteger(deal, DEAL_TIME), at);
   return(StringFormat("\"%04d-%02d-%02dT%02d:%02d:%02d\"", at.year, at.mon, at.day, at.hour, at.min, at.sec));
}

bool IsTag(const string comment, string &parts[]) { return(StringSplit(comment, ' ', parts) == 4 && parts[0] == "tc"); }

bool IsTaken(const string pred_id) {
   for(int i = HistoryDealsTotal() - 1; i >= 0; i--)
      if(StringFind(HistoryDealGetString(HistoryDealGetTicket(i), DEAL_COMMENT), "tc " + pred_id + " ") == 0) return(true);
   return(false);
}

// A symbol as the broker calls it, or as the server does.
string Renamed(const string name, const bool for_broker) {
   string pairs[], names[];
   for(int i = StringSplit(InpSymbolMap, ',', pairs) - 1; i >= 0; i--)
      if(StringSplit(pairs[i], '=', names) == 2 && names[for_broker ? 0 : 1] == name) return(names[for_broker ? 1 : 0]);
   return(for_broker ? name + InpSuffix : StringSubstr(name, 0, StringLen(name) - StringLen(InpSuffix)));
}
