// Tickcast.mqh: what TickcastFeed and TickcastTrader share.
// Source only: compile in MetaEditor; not compiled in our CI. Apache-2.0; see docs/metatrader.md.
#define TICKCAST_VERSION "1.0"
#define TIMEOUT_MS 4000
#define MOST_BACKOFF_S 60
// Keeps requests apart: every so many seconds, later and later after failures.
class CPace {
   ulong m_next;
   int   m_failures;
public:
   CPace(void) : m_next(0), m_failures(0) {}
   bool IsDue(void) { return(GetTickCount64() >= m_next); }
   void Now(void)   { m_next = 0; }
   void Note(const int status, const int every, const int retry_after) {
      bool well = (status >= 200 && status < 300) || status == 304;
      m_failures = well ? 0 : m_failures + 1;
      int backoff = (int)MathMin(MathPow(2, MathMin(m_failures, 10) - 1), MOST_BACKOFF_S);
      m_next = GetTickCount64() + 1000 * (ulong)(well ? every : MathMax(backoff, retry_after));
   }
};

// Speaks to the server; `answer` and `headers` are those of the last request.
class CTickcast {
   string m_url, m_key, m_said;
   void Say(const string line) {
      if(line != m_said) Print(line);
      m_said = line;
   }
public:
   string answer, headers;
   bool Init(const string url, const string key) {
      m_key = key; m_url = url;
      if(key == "" || url == "") Print("Set InpApiUrl and InpApiKey");
      return(key != "" && url != "" && EventSetTimer(1));
   }
   int Send(const string method, const string path, const string body, const string more = "") {
      char data[], result[];
      string lines = "X-API-Key: " + m_key + "\r\nContent-Type: application/json\r\n" + more;
      if(body != "") // without the zero byte at its end
         ArrayResize(data, StringToCharArray(body, data, 0, WHOLE_ARRAY, CP_UTF8) - 1);
      headers = ""; ResetLastError();
      int status = WebRequest(method, m_url + path, lines, TIMEOUT_MS, data, result, headers), error = GetLastError();
      answer = CharArrayToString(result, 0, WHOLE_ARRAY, CP_UTF8);
      if(status == -1 && error == 4014)
         Say("Add " + m_url + " under Tools, Options, Expert Advisors, Allow WebRequest");
      else if(status < 100 || status >= 600)
         Say(StringFormat("%s: no answer, WebRequest %d, error %d", path, status, error));
      else
         Say(status < 400 ? "Connected to " + m_url : StringFormat("%s: %d %s", path, status, Json(answer, "detail")));
      return(status);
   }
   string Header(const string name) { // a name in small letters
      string text = "\n" + headers;
      StringToLower(text);
      int at = StringFind(text, "\n" + name + ": ") + StringLen(name) + 2;
      if(at < StringLen(name) + 2) return("");
      return(StringSubstr(headers, at, StringFind(text + "\r", "\r", at) - at - 1));
   }
   int RetryAfter(void) { return((int)StringToInteger(Header("retry-after"))); }
};

string Quoted(string text) {
   StringReplace(text, "\\", "\\\\");
   StringReplace(text, "\"", "\\\"");
   return("\"" + text + "\"");
}

// The value of a key of a flat object, without quotes; empty if it is null or not there.
string Json(const string text, const string key) {
   int at = StringFind(text, "\"" + key + "\":");
   at += at < 0 ? StringLen(text) + 1 : StringLen(key) + 3;
   bool quoted = StringGetCharacter(text, at) == '"';
   int end = quoted ? ++at : at;
   for(; end < StringLen(text); end++) {
      ushort each = StringGetCharacter(text, end);
      if(quoted ? each == '"' : (each == ',' || each == '}' || each == ']')) break;
      if(quoted && each == '\\') end++;
   }
   return(!quoted && StringSubstr(text, at, 4) == "null" ? "" : StringSubstr(text, at, end - at));
}

long   JsonLong(const string text, const string key)   { return(StringToInteger(Json(text, key))); }
double JsonDouble(const string text, const string key) { return(StringToDouble(Json(text, key))); }
// The text from where the list under a key begins, empty if there is none.
string JsonList(const string text, const string key) {
   int at = StringFind(text, "\"" + key + "\":[");
   return(at < 0 ? "" : StringSubstr(text, at + StringLen(key) + 4));
}

// The next flat object of a list from `from` on, empty at its end.
string JsonNext(const string list, int &from) {
   bool quoted = false; int start = -1;
   for(int i = from; i < StringLen(list); i++) {
      ushort each = StringGetCharacter(list, i);
      if(quoted && each == '\\') i++;
      else if(each == '"') quoted = !quoted;
      else if(quoted) continue;
      else if(each == '{') start = i;
      else if(each == ']' && start < 0) break;
      else if(each == '}') return(StringSubstr(list, start, (from = i + 1) - start));
   }
   return("");
}
