#!/usr/bin/env bash
# Makes the certificates of the tests of TLS (NetworkTest), valid for a hundred years. Their keys are no secrets.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
authority() {
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/$1.key" -out "$1.pem" -days 36500 -subj "/CN=Engram test $1" 2>/dev/null
}
# server NAME AUTHORITY DAYS SAN: a key and a certificate in PKCS 12, with the password of the tests
server() {
  openssl req -newkey rsa:2048 -nodes -keyout "$work/$1.key" -out "$work/$1.csr" -subj "/CN=Engram test $1" 2>/dev/null
  openssl x509 -req -in "$work/$1.csr" -CA "$2.pem" -CAkey "$work/$2.key" -CAcreateserial -CAserial "$work/serial" \
    -days "$3" -out "$work/$1.crt" -extfile <(echo "subjectAltName=$4") 2>/dev/null
  openssl pkcs12 -export -inkey "$work/$1.key" -in "$work/$1.crt" -passout pass:engram -out "$1.p12"
}
authority authority
authority another-authority
names=DNS:hub.test,DNS:store.test,DNS:localhost,IP:127.0.0.1,IP:127.0.0.2
server server authority 36500 "$names"
server expired authority 0 "$names"
server another-name authority 36500 DNS:elsewhere.test
