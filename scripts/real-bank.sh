#!/usr/bin/env bash
# The example of samples/real-bank/README.md from a shell, in a directory of its own: a real bank's
# files, synthetic people, a simulated WeCom, three days planned. Stops what it started.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"
work=$(mktemp -d)
port=${PORT:-9137}
export GENGYUN_ENVIRONMENT=test
export GENGYUN_DATABASE_URL=${GENGYUN_DATABASE_URL:-sqlite:///$work/gengyun.db}
export GENGYUN_DATA_DIR=$work
export GENGYUN_LOG_LEVEL=WARNING
export GENGYUN_WECOM__CORP_ID=wwrealbanksample01
export GENGYUN_WECOM__AGENT_ID=1000002
export GENGYUN_WECOM__SECRET=sample-app-not-a-secret
export GENGYUN_WECOM__API_BASE=http://127.0.0.1:$port
data=tests/data/real_bank
maps=samples/real-bank
run() {
  echo "\$ gengyun $*"
  gengyun "$@"
}
run migrate
run import units "$maps/head-office.csv"
run import units "$data/fin_district.tsv" --mapping "$maps/units.toml"
run import customers "$data/fin_client.tsv" --mapping "$maps/customers.toml"
run import holdings "$data/fin_card.tsv" --mapping "$maps/cards.toml"
run import holdings "$data/fin_loan.tsv" --mapping "$maps/loans.toml"
run simulate adopt "$data" "$work/adopted" --seed 1 --today 2018-06-01
run import staff "$work/adopted/staff.csv" --mapping "$work/adopted/staff.toml"
run import customers "$work/adopted/ratings.csv" --mapping "$work/adopted/ratings.toml"
run import assignments "$work/adopted/assignments.csv" --mapping "$work/adopted/assignments.toml"
run import consents "$work/adopted/consents.csv" --mapping "$work/adopted/consents.toml"
run simulate approve samples/scripts
gengyun simulate wecom --port "$port" --state "$work/adopted/wecom.json" &
wecom=$!
trap 'kill "$wecom"; rm -rf "$work"' EXIT
for _ in $(seq 100); do
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then break; fi
  sleep 0.2
done
run sync
run persona
for day in 2018-06-01 2018-05-25 2018-05-28; do
  run plan --date "$day"
done
run verify
