#!/bin/sh
# Start MLflow's server: names and passwords lie in the same database as the runs; jobs and pickles are off.
set -eu
umask 077
cat > auth.ini <<END
[mlflow]
default_permission = ${DEFAULT_PERMISSION:-MANAGE}
database_uri = $BACKEND
admin_username = admin
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
auth_cache_ttl_seconds = 60
END
export MLFLOW_AUTH_CONFIG_PATH="$PWD/auth.ini"
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false MLFLOW_ALLOW_PICKLE_DESERIALIZATION=false MLFLOW_DISABLE_TELEMETRY=true
[ -n "${MLFLOW_S3_ENDPOINT_URL:-}" ] || unset MLFLOW_S3_ENDPOINT_URL  # empty it would be taken for an address
exec mlflow server --app-name basic-auth --backend-store-uri "$BACKEND" --artifacts-destination "$ARTIFACTS" \
  --host "${LISTEN:-0.0.0.0}" --port "${PORT:-5000}" --workers "${WORKERS:-2}" --allowed-hosts "$HOST_NAME"
