"""What mails say, by language and kind: the subject, then paragraphs between empty lines.

$name, $plan and the like are filled in; a paragraph that is $link alone becomes a button.
"""

from collections.abc import Mapping
from types import MappingProxyType

from core.mail.mails import MailKind

_EN = {
    MailKind.CLAIM: """Your access is ready: get your key

Hello $name,

your plan $plan is active. This link shows your key, once, and only after you have pressed
the button there. It is good for 72 hours:

$link

Keep the key like a password. It is in no mail and nobody can look it up for you; with this
address you can replace it at any time.""",
    MailKind.RECOVER: """Replace your key

Hello $name,

somebody, we hope you, asked for a new key. This link makes one and closes all that you
have; your robot stops until it has the new one. It is good for one hour:

$link

If it was not you, do nothing: without the link nothing changes.""",
    MailKind.ROTATED: """Your key was replaced

Hello $name,

your key $old was replaced at $at, from the address $address. The new one begins and ends as
$hint. The old one ends at $ends.

If it was not you, replace all keys here:

$link""",
    MailKind.EXPIRING: """Your plan ends on $ends

Hello $name,

your plan $plan ends on $ends. From then on your key opens nothing; trades that are open
then can still be reported for 30 days.""",
    MailKind.ENDED: """Your plan has ended

Hello $name,

your plan ended on $ends, and your key opens nothing. Open trades can still be reported for
30 days. Once you renew, the same key opens again.""",
    MailKind.CHANGED: """Your mail address was changed

Hello $name,

the address of your account was changed from $old to $new. Both are told. If that is wrong,
write to whom you bought from.""",
    MailKind.ADMIN_ALARM: """Sales need a look: $state

The event $event of $provider is $state. See GET /admin/webhooks?state=$state, or tickcast
webhooks list --state $state.

This is told once a day.""",
}
_PT = {
    MailKind.CLAIM: """Seu acesso está pronto: pegue a sua chave

Olá, $name,

o seu plano $plan está ativo. Este link mostra a sua chave, uma única vez, e só depois que
você apertar o botão. Ele vale por 72 horas:

$link

Guarde a chave como uma senha. Ela não vai em nenhum e-mail e ninguém pode consultá-la; com
este endereço você pode trocá-la quando quiser.""",
    MailKind.RECOVER: """Troque a sua chave

Olá, $name,

alguém, esperamos que você, pediu uma nova chave. Este link cria uma e fecha todas as que
você tem; o seu robô para até receber a nova. Ele vale por uma hora:

$link

Se não foi você, não faça nada: sem o link nada muda.""",
    MailKind.ROTATED: """A sua chave foi trocada

Olá, $name,

a sua chave $old foi trocada em $at, a partir do endereço $address. A nova começa e termina
como $hint. A antiga termina em $ends.

Se não foi você, troque todas as chaves aqui:

$link""",
    MailKind.EXPIRING: """O seu plano termina em $ends

Olá, $name,

o seu plano $plan termina em $ends. A partir daí a sua chave não abre mais nada; operações
abertas ainda podem ser informadas por 30 dias.""",
    MailKind.ENDED: """O seu plano terminou

Olá, $name,

o seu plano terminou em $ends e a sua chave não abre mais nada. Operações abertas ainda
podem ser informadas por 30 dias. Ao renovar, a mesma chave volta a abrir.""",
    MailKind.CHANGED: """O seu endereço de e-mail foi mudado

Olá, $name,

o endereço da sua conta mudou de $old para $new. Os dois são avisados. Se isso está errado,
escreva a quem lhe vendeu.""",
    MailKind.ADMIN_ALARM: """As vendas precisam de atenção: $state

O evento $event de $provider está como $state. Veja GET /admin/webhooks?state=$state ou
tickcast webhooks list --state $state.

Este aviso vem uma vez por dia.""",
}
_ES = {
    MailKind.CLAIM: """Su acceso está listo: obtenga su clave

Hola, $name:

su plan $plan está activo. Este enlace muestra su clave, una sola vez, y solo después de que
pulse el botón. Vale durante 72 horas:

$link

Guarde la clave como una contraseña. No va en ningún correo y nadie puede consultarla; con
esta dirección puede cambiarla cuando quiera.""",
    MailKind.RECOVER: """Cambie su clave

Hola, $name:

alguien, esperamos que usted, pidió una clave nueva. Este enlace crea una y cierra todas las
que tiene; su robot se detiene hasta recibir la nueva. Vale una hora:

$link

Si no fue usted, no haga nada: sin el enlace nada cambia.""",
    MailKind.ROTATED: """Su clave fue cambiada

Hola, $name:

su clave $old fue cambiada el $at, desde la dirección $address. La nueva empieza y termina
como $hint. La antigua termina el $ends.

Si no fue usted, cambie todas las claves aquí:

$link""",
    MailKind.EXPIRING: """Su plan termina el $ends

Hola, $name:

su plan $plan termina el $ends. Desde entonces su clave no abre nada; las operaciones
abiertas aún pueden informarse durante 30 días.""",
    MailKind.ENDED: """Su plan ha terminado

Hola, $name:

su plan terminó el $ends y su clave no abre nada. Las operaciones abiertas aún pueden
informarse durante 30 días. Al renovar, la misma clave vuelve a abrir.""",
    MailKind.CHANGED: """Su dirección de correo fue cambiada

Hola, $name:

la dirección de su cuenta cambió de $old a $new. Ambas reciben este aviso. Si es un error,
escriba a quien le vendió.""",
    MailKind.ADMIN_ALARM: """Las ventas necesitan atención: $state

El evento $event de $provider está como $state. Vea GET /admin/webhooks?state=$state o
tickcast webhooks list --state $state.

Este aviso llega una vez al día.""",
}
TEXTS: Mapping[str, Mapping[MailKind, str]] = MappingProxyType({"en": _EN, "pt": _PT, "es": _ES})
