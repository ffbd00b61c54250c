"""The words that a model's own words may be made of: none is a number, a side or a market."""

_ENGLISH = """
a about after again agree all almost already also although always am an and any anything are
around as ask at away bad based be because been before behind being best better between bit both
brief but by calm can careful carefully case cases caution cautious certain change changed changes
check clear clearly closely come common compare complete condition conditions consider context
could cost costs current currently data day days depend depends details did different difficult do
does doing done each early either else enough even ever every everything evidence evidently exact
example expect expected explain fact far few fine for forecast forecasts from further general
generally get give given good great has have having held help helpful helps here history hope how
however if important in information into is it its just keep keeps kind know known large late
later least let like likely limits little look looks made main make makes many market markets may
maybe mean means might mind model models moment more most move moves much must my nature near need
needs never new next no normal normally not note nothing now of off often okay only opinion or
other others our out outlook overall own past patience patient people perhaps phase place plan
please possible practice present price prices probably proven question questions quickly quiet
quite range rather read reading ready really reason reasonable reasons recent recently regime
related remember result results risk risks risky rules same say says see seem seems sense sensible
shall should show shown shows signal signals since skill slow slowly small so some something
sometimes soon source sources statement statements steady still such sure take takes tell tells
than thank thanks that the their them then there these they thing things think this those though
through time times to today together too trade trades trading trend true try uncertain uncertainty
under understand unproven until us use used useful usual usually value values verdict very
volatile volatility wait want was watch way we welcome well were what when where whether which
while who whole why wide will wise with within without word words work worth would yes yet you
your
"""
_SPANISH = """
a acierto ademas ahora al algo algunas algunos ante antes apenas aqui asi aun aunque bastante bien
breve buen buena bueno cada calma cambio cambios casi caso casos cautela cauto claro como con
contexto contra conviene costes costos creo cual cuando cuenta cuidado da dado datos de debe deben
decir decision del demasiado depende desde despues dia dias dice dicho dificil durante e ejemplo
el ella ellas ellos en entonces entre era es esa ese eso esperar esta estaba estan estar este esto
estos evidencia favor fue fuente fuentes general gracias ha hace hacer hacia han hasta hay hoy
importante incertidumbre incierto informacion la las le leer lenta lento les limites lo los luego
mal mas me mejor menos mercado mercados mi mientras mirar modelo modelos momento movimiento mucha
mucho muchos muy nada ni ningun ninguna no normal nos nota nuestro nueva nuevo o otra otro otros
paciencia palabra palabras para parece parte pasado pero poca poco poder podria por porque posible
precio precios prefiero pregunta preguntas presente principio probable probablemente pronostico
pronosticos prudencia prudente puede pueden pues que quiere quiza quizas rango razon razones
recomendable recuerda regimen regla reglas resultado resultados revisar riesgo riesgos sabe se sea
segun seguro senal senales sentido ser si siempre sigue sin sino sobre solo son su suele sus tal
tambien tampoco tan tanto tendencia tener tengo tiempo tiene tienen toda todavia todo todos
tranquilo tras tu unos usar util va valor valores veces ver verdad vez volatil volatilidad y ya yo
"""
_PORTUGUESE = """
a acerto agora ainda alem algo alguma algumas alguns ante antes ao aos apenas aqui as assim ate
bastante bem boa bom breve cada calma calmo caso casos cautela cauteloso claro com como contexto
contra convem cuidado custos da dado dados das de decisao demais depende depois desde desse deste
deve devem dia dias dificil diz do durante e ela elas ele eles em entao entre era essa esse esta
estao estar este evidencia exemplo favor faz fazer foi fonte fontes forca geral grande ha hoje
importante incerteza incerto informacao isso isto ja la lento ler lhe limites logo mais mal mas me
melhor menos mercado mercados meu minha modelo modelos momento movimento mudanca muita muito
muitos na nada nao nas nem nenhum nenhuma no normal nos nossa nosso nova novo o obrigada obrigado
olhar onde os ou outra outro outros paciencia palavra palavras para parece parte passado pela pelo
pergunta perguntas pode podem poderia pois por porem porque possivel pouca pouco precisa preco
precos presente previsao previsoes provavel provavelmente prudencia prudente qual quando que quer
razao razoes regime regra regras resultado resultados rever risco riscos sabe se seja sem sempre
senao sentido ser seu sinais sinal so sobre sua suas tal talvez tambem tao tem tempo tendencia
tenho ter teve toda todo todos tranquilo tudo usar util vai valor valores ver verdade vez vezes
voce volatil volatilidade
"""

PLAIN_WORDS = frozenset(f"{_ENGLISH} {_SPANISH} {_PORTUGUESE}".split())
