#!/usr/bin/env bash
# The whole story with curl and openssl, and nothing of Stafett's own: what
# `stafett prepare` and `stafett handover` do, request by request, through a
# running local platform. Each name is the real system's; away from the local
# platform the requests are the same.
#
#   stafett local up --no-serve --json > ready.json &     # the handover is made here, not by the service
#   docs/curl/story.sh ready.json
set -euo pipefail

ready=$(cat "${1:?usage: story.sh READY_JSON (the line that \`stafett local up --json\` prints)}")
case $ready in '{"schema":"stafett/local/v1",'*) ;; *) echo "story.sh: $1 is not that line" >&2; exit 1 ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 077

step() { printf '%s\n' "$*"; }
fail() { printf 'story.sh: %s\n' "$*" >&2; exit 1; }
# text NAME: the first string member of that name in the JSON on stdin.
text() { grep -o "\"$1\":\"[^\"]*\"" | head -n 1 | cut -d'"' -f4; }
number() { grep -o "\"$1\":[0-9]*" | head -n 1 | cut -d: -f2; }
seed() { text "$1" <<<"$ready"; }
base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
# element TYPE: the id of the data element of that type, from an instance on stdin.
element() { tr '{' '\n' | grep "\"dataType\":\"$1\"" | text id; }

proxy=$(seed proxy) ca=$(seed ca) vault=$(seed vault) org=$(seed org) number=$(seed orgNumber)
platform=https://platform.tt02.altinn.no
original=https://$org.apps.tt02.altinn.no/$org/barmarkskjoring
receiving=https://$org.apps.tt02.altinn.no/$org/saksmottak

# call WANTED_STATUS CURL_ARGUMENTS…: the body on stdout; any other status ends
# the story. Secrets are passed in files or on stdin, never as arguments.
call() {
  local wanted=$1 status
  shift
  status=$(curl --silent --show-error --proxy "$proxy" --cacert "$ca" --output "$work/body" --write-out '%{http_code}' "$@") || fail "no answer: $*"
  [ "$status" = "$wanted" ] || fail "wanted $wanted, got $status $(head -c 500 "$work/body") from ${*: -1}"
  cat "$work/body"
}
# bearer NAME: a curl header file with the token on stdin.
bearer() { { printf 'Authorization: Bearer '; cat; } >"$work/$1.header"; }

# --- keys: a private JWK from an RSA key, and back ---------------------------
hex() { # hex FIELD: one number of `openssl rsa -text`, as bytes
  awk -v field="$1" '$0 ~ "^"field":" {on=1; next} on && /^ / {gsub(/[ :]/, ""); printf "%s", $0; next} on {exit}' "$work/key.txt" |
    sed 's/^00//; s/../\\x&/g'
}
member() { printf "$(hex "$1")" | base64url; }
jwk_member() { text "$1" <"$2" | tr '_-' '/+' | awk '{while (length($0) % 4) $0 = $0 "="; print}' | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n'; }
pem_from_jwk() { # pem_from_jwk JWK_FILE PEM_FILE
  { printf 'asn1=SEQUENCE:key\n[key]\nversion=INTEGER:0\n'
    for m in n e d p q dp dq qi; do printf '%s=INTEGER:0x%s\n' "$m" "$(jwk_member $m "$1")"; done
  } >"$work/key.cnf"
  openssl asn1parse -genconf "$work/key.cnf" -noout -out "$work/key.der"
  openssl pkey -inform DER -in "$work/key.der" -out "$2"
}

# grant PEM KID CLIENT_ID SCOPE: an access token from Maskinporten.
grant() {
  local now head claims signature
  now=$(date +%s)
  head=$(printf '{"alg":"RS256","kid":"%s"}' "$2" | base64url)
  claims=$(printf '{"aud":"https://test.maskinporten.no/","iss":"%s","scope":"%s","iat":%d,"exp":%d,"jti":"%s"}' \
    "$3" "$4" "$now" $((now + 100)) "$(openssl rand -hex 16)" | base64url)
  signature=$(printf '%s.%s' "$head" "$claims" | openssl dgst -sha256 -sign "$1" | base64url)
  printf 'grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=%s.%s.%s' "$head" "$claims" "$signature" >"$work/grant"
  call 200 --data @"$work/grant" https://test.maskinporten.no/token | text access_token
}

step "1. Key Vault can be listed"
printf 'grant_type=client_credentials&client_id=%s&client_secret=%s&scope=https://vault.azure.net/.default' \
  "$(seed azureClientId)" "$(seed azureClientSecret)" >"$work/form"
call 200 --data @"$work/form" "https://login.microsoftonline.com/$(seed tenantId)/oauth2/v2.0/token" | text access_token | bearer vault
call 200 -H @"$work/vault.header" "$vault/secrets?api-version=7.4" >/dev/null

step "2. A key pair is made here; its private part goes to the vault"
# make_key NAME: the files NAME.json (private) and NAME.public.json.
make_key() {
  local kid n
  kid=$org-tt02-$(openssl rand -hex 8)
  openssl genrsa -out "$work/key.pem" 2048 2>/dev/null
  openssl rsa -in "$work/key.pem" -noout -text >"$work/key.txt" 2>/dev/null
  n=$(member modulus)
  { printf '{"kty":"RSA","use":"sig","kid":"%s","alg":"RS256","n":"%s","e":"AQAB"' "$kid" "$n"
    printf ',"d":"%s","p":"%s","q":"%s"' "$(member privateExponent)" "$(member prime1)" "$(member prime2)"
    printf ',"dp":"%s","dq":"%s","qi":"%s"}' "$(member exponent1)" "$(member exponent2)" "$(member coefficient)"
  } >"$work/$1.json"
  printf '{"kty":"RSA","use":"sig","kid":"%s","alg":"RS256","n":"%s","e":"AQAB"}' "$kid" "$n" >"$work/$1.public.json"
  rm "$work/key.pem" "$work/key.txt"
}
put_secret() { # put_secret NAME, the value on stdin
  { printf '{"value":"'; cat; printf '"}'; } >"$work/secret.json"
  call 200 -X PUT -H @"$work/vault.header" -H 'Content-Type: application/json' --data @"$work/secret.json" "$vault/secrets/$1?api-version=7.4" >/dev/null
}
get_secret() { call 200 -H @"$work/vault.header" "$vault/secrets/$1?api-version=7.4" | text value; }
make_key made
openssl base64 -A <"$work/made.json" | put_secret MaskinportenSettings--EncodedJwk

step "3. The integration is created at Samarbeidsportalen"
admin=$(seed selfServiceJwk)
pem_from_jwk "$admin" "$work/admin.pem"
grant "$work/admin.pem" "$(text kid <"$admin")" "$(seed selfServiceClientId)" 'idporten:dcr.read idporten:dcr.write' | bearer admin
api=https://api.test.samarbeid.digdir.no/api/v1
cat >"$work/client.json" <<JSON
{"client_name":"curl-story","description":"Hands forms over","integration_type":"maskinporten","application_type":"web",
 "token_endpoint_auth_method":"private_key_jwt","grant_types":["urn:ietf:params:oauth:grant-type:jwt-bearer"],
 "scopes":["altinn:serviceowner/instances.read","altinn:serviceowner/instances.write"]}
JSON
client=$(call 200 -H @"$work/admin.header" -H 'Content-Type: application/json' --data @"$work/client.json" $api/clients | text client_id)
printf '{"keys":[%s]}' "$(cat "$work/made.public.json")" >"$work/keys.json"
call 200 -H @"$work/admin.header" -H 'Content-Type: application/json' --data @"$work/keys.json" "$api/clients/$client/jwks" >/dev/null

step "4. The client id goes to the vault"
printf %s "$client" | put_secret MaskinportenSettings--ClientId

step "5. A token is fetched and exchanged; it names the organisation"
# start_up NAME: what an application does when it starts. It reads both secrets,
# and goes on with what it has read.
start_up() {
  get_secret MaskinportenSettings--ClientId >"$work/$1.client"
  get_secret MaskinportenSettings--EncodedJwk | openssl base64 -d -A >"$work/$1.json"
  pem_from_jwk "$work/$1.json" "$work/$1.pem"
}
# org_token NAME: Altinn's token for the one that started as NAME.
org_token() {
  grant "$work/$1.pem" "$(text kid <"$work/$1.json")" "$(cat "$work/$1.client")" \
    'altinn:serviceowner/instances.read altinn:serviceowner/instances.write' | bearer maskinporten
  call 200 -H @"$work/maskinporten.header" $platform/authentication/api/v1/exchange/maskinporten
}
start_up first
org_token first >"$work/org.token"
bearer org <"$work/org.token"
claims=$(cut -d. -f2 "$work/org.token" | tr '_-' '/+' | awk '{while (length($0) % 4) $0 = $0 "="; print}' | openssl base64 -d -A)
[[ $claims == *"\"urn:altinn:orgNumber\":\"$number\""* ]] || fail "the token does not name $number"

step "6. A person fills in the form and sends it in"
person=$(grep -o '"persons":\[{[^}]*}' <<<"$ready")
party=$(number partyId <<<"$person")
call 200 "https://local.altinn.cloud/Home/GetTestUserToken/$(number userId <<<"$person")?authenticationLevel=3" | bearer person
instance=$(call 201 -H @"$work/person.header" -H 'Content-Type: application/json' --data "{\"instanceOwner\":{\"partyId\":\"$party\"}}" "$original/instances/create" | tee "$work/instance.json" | text id)
examples=$(dirname "$0")/../../examples/data
call 201 -X PUT -H @"$work/person.header" -H 'Content-Type: application/json' --data-binary @"$examples/soknad.json" \
  "$original/instances/$instance/data/$(element skjema <"$work/instance.json")" >/dev/null
call 201 -H @"$work/person.header" -H 'Content-Type: image/png' -H 'Content-Disposition: attachment; filename="kart.png"' \
  --data-binary @"$examples/kart.png" "$original/instances/$instance/data?dataType=kart" >/dev/null
call 200 -X PUT -H @"$work/person.header" "$original/instances/$instance/process/next" >/dev/null
call 200 -X PUT -H @"$work/person.header" -H 'Content-Type: application/json' --data '{"action":"confirm"}' "$original/instances/$instance/process/next" >/dev/null

step "7. The person may not create the organisation's instance"
owner="\"instanceOwner\":{\"organisationNumber\":\"$number\"}"
refusal=$(call 403 -H @"$work/person.header" -H 'Content-Type: application/json' --data "{$owner}" "$receiving/instances/create")
[ -z "$refusal" ] || fail "the refusal has a body"

step "8. The organisation may: a new instance with the PDF and the map"
call 200 -H @"$work/org.header" "$platform/storage/api/v1/instances/$instance" >"$work/source.json"
pdf=$(element ref-data-as-pdf <"$work/source.json")
[ -n "$pdf" ] || fail "the form has no PDF"
call 200 -H @"$work/org.header" "$original/instances/$instance/data/$pdf" >"$work/form.pdf"
printf '{%s,"dataValues":{"stafett.handoverKey":"curl-story-%s"}}' "$owner" "${instance#*/}" >"$work/template.json"
printf '<?xml version="1.0" encoding="utf-8"?><Saksmottak><Sak><Tittel>Barmarkskjøring: Čohkolaš</Tittel></Sak></Saksmottak>' >"$work/model.xml"
created=$(call 201 -H @"$work/org.header" \
  --form "instance=@$work/template.json;type=application/json" \
  --form "sak=@$work/model.xml;type=application/xml" \
  --form "kildePdf=@$work/form.pdf;type=application/pdf;filename=soknad.pdf" \
  --form "vedlegg=@$examples/kart.png;type=image/png" "$receiving/instances" | text id)

step "9. Storage has it, once, with all that was sent"
since=$(sed -n 's/.*"ended":"\([^"]*\)".*/\1/p' "$work/source.json" | head -n 1)
call 200 --get -H @"$work/org.header" --data-urlencode "appId=$org/saksmottak" --data-urlencode "lastChanged=gte:$since" \
  $platform/storage/api/v1/instances >"$work/list.json"
[ "$(grep -o "curl-story-${instance#*/}" "$work/list.json" | wc -l)" = 1 ] || fail "there is not exactly one instance with the stamp"
for type in sak kildePdf vedlegg; do
  call 200 -H @"$work/org.header" "$platform/storage/api/v1/instances/$created" | grep -q "\"dataType\":\"$type\"" || fail "the instance lacks $type"
done
step "10. The secrets are changed: who runs goes on, who starts reads the new"
make_key new
printf '{"keys":[%s,%s]}' "$(cat "$work/made.public.json")" "$(cat "$work/new.public.json")" >"$work/keys.json"
call 200 -H @"$work/admin.header" -H 'Content-Type: application/json' --data @"$work/keys.json" "$api/clients/$client/jwks" >/dev/null
openssl base64 -A <"$work/new.json" | put_secret MaskinportenSettings--EncodedJwk
start_up second
[ "$(text kid <"$work/first.json")" != "$(text kid <"$work/second.json")" ] || fail "the second did not read the new key"
for process in first second; do
  org_token $process | bearer $process
  call 200 -H @"$work/$process.header" "$platform/storage/api/v1/instances/$created" >/dev/null
done

step "done: $instance became $created"
