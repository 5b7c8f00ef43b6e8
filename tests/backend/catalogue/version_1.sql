-- The catalogue's tables as the first version of GeoPub made them.

CREATE TABLE endpoint (
    id VARCHAR(36) NOT NULL,
    created VARCHAR(27) NOT NULL,
    updated VARCHAR(27) NOT NULL,
    name TEXT NOT NULL,
    technical_name TEXT NOT NULL,
    type TEXT NOT NULL,
    open BOOLEAN NOT NULL,
    urls JSON NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (name),
    UNIQUE (technical_name)
);

CREATE TABLE schema_version (
    version INTEGER NOT NULL
);

CREATE TABLE storage (
    id VARCHAR(36) NOT NULL,
    created VARCHAR(27) NOT NULL,
    updated VARCHAR(27) NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    labels JSON NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (name)
);

CREATE TABLE "user" (
    id VARCHAR(36) NOT NULL,
    created VARCHAR(27) NOT NULL,
    updated VARCHAR(27) NOT NULL,
    email TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (email)
);

CREATE TABLE community (
    id VARCHAR(36) NOT NULL,
    created VARCHAR(27) NOT NULL,
    updated VARCHAR(27) NOT NULL,
    name TEXT NOT NULL,
    technical_name TEXT NOT NULL,
    description TEXT NOT NULL,
    contact TEXT NOT NULL,
    public BOOLEAN NOT NULL,
    supervisor VARCHAR(36) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (technical_name),
    FOREIGN KEY(supervisor) REFERENCES "user" (id)
);

CREATE TABLE datastore (
    id VARCHAR(36) NOT NULL,
    created VARCHAR(27) NOT NULL,
    updated VARCHAR(27) NOT NULL,
    community VARCHAR(36) NOT NULL,
    name TEXT NOT NULL,
    technical_name TEXT NOT NULL,
    description TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    layer_name_prefix TEXT NOT NULL,
    file_identifier_prefix TEXT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (community),
    FOREIGN KEY(community) REFERENCES community (id) ON DELETE CASCADE,
    UNIQUE (technical_name)
);

CREATE TABLE membership (
    "user" VARCHAR(36) NOT NULL,
    community VARCHAR(36) NOT NULL,
    rights JSON NOT NULL,
    PRIMARY KEY ("user", community),
    FOREIGN KEY("user") REFERENCES "user" (id) ON DELETE CASCADE,
    FOREIGN KEY(community) REFERENCES community (id) ON DELETE CASCADE
);

CREATE TABLE annexe (
    id VARCHAR(36) NOT NULL,
    created VARCHAR(27) NOT NULL,
    updated VARCHAR(27) NOT NULL,
    datastore VARCHAR(36) NOT NULL,
    paths JSON NOT NULL,
    mime_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    published BOOLEAN NOT NULL,
    labels JSON NOT NULL,
    extra JSON NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(datastore) REFERENCES datastore (id) ON DELETE CASCADE
);

CREATE INDEX ix_annexe_datastore ON annexe (datastore);

CREATE TABLE configuration (
    id VARCHAR(36) NOT NULL,
    created VARCHAR(27) NOT NULL,
    updated VARCHAR(27) NOT NULL,
    datastore VARCHAR(36) NOT NULL,
    name TEXT NOT NULL,
    layer_name TEXT NOT NULL,
    type TEXT NOT NULL,
    status TEXT NOT NULL,
    attribution JSON,
    metadata JSON NOT NULL,
    type_infos JSON NOT NULL,
    tags JSON NOT NULL,
    extra JSON NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (type, layer_name),
    FOREIGN KEY(datastore) REFERENCES datastore (id) ON DELETE CASCADE
);

CREATE INDEX ix_configuration_datastore ON configuration (datastore);

CREATE TABLE datastore_endpoint (
    datastore VARCHAR(36) NOT NULL,
    endpoint VARCHAR(36) NOT NULL,
    quota INTEGER NOT NULL,
    PRIMARY KEY (datastore, endpoint),
    FOREIGN KEY(datastore) REFERENCES datastore (id) ON DELETE CASCADE,
    FOREIGN KEY(endpoint) REFERENCES endpoint (id) ON DELETE CASCADE
);

CREATE TABLE datastore_storage (
    datastore VARCHAR(36) NOT NULL,
    storage VARCHAR(36) NOT NULL,
    purpose VARCHAR(16) NOT NULL,
    quota INTEGER NOT NULL,
    PRIMARY KEY (datastore, storage),
    FOREIGN KEY(datastore) REFERENCES datastore (id) ON DELETE CASCADE,
    FOREIGN KEY(storage) REFERENCES storage (id) ON DELETE CASCADE
);

CREATE TABLE record (
    id VARCHAR(36) NOT NULL,
    created VARCHAR(27) NOT NULL,
    updated VARCHAR(27) NOT NULL,
    datastore VARCHAR(36) NOT NULL,
    file_identifier TEXT NOT NULL,
    type TEXT NOT NULL,
    level TEXT NOT NULL,
    open_data BOOLEAN NOT NULL,
    document TEXT NOT NULL,
    endpoints JSON NOT NULL,
    tags JSON NOT NULL,
    extra JSON NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(datastore) REFERENCES datastore (id) ON DELETE CASCADE,
    UNIQUE (file_identifier)
);

CREATE INDEX ix_record_datastore ON record (datastore);

CREATE TABLE static (
    id VARCHAR(36) NOT NULL,
    created VARCHAR(27) NOT NULL,
    updated VARCHAR(27) NOT NULL,
    datastore VARCHAR(36) NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    type TEXT NOT NULL,
    revision INTEGER NOT NULL,
    suffix VARCHAR(16) NOT NULL,
    size INTEGER NOT NULL,
    type_infos JSON NOT NULL,
    extra JSON NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(datastore) REFERENCES datastore (id) ON DELETE CASCADE
);

CREATE INDEX ix_static_datastore ON static (datastore);

CREATE TABLE stored_data (
    id VARCHAR(36) NOT NULL,
    created VARCHAR(27) NOT NULL,
    updated VARCHAR(27) NOT NULL,
    datastore VARCHAR(36) NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    type TEXT NOT NULL,
    srs TEXT NOT NULL,
    status TEXT NOT NULL,
    storage VARCHAR(36) NOT NULL,
    revision INTEGER NOT NULL,
    size INTEGER NOT NULL,
    extent JSON,
    type_infos JSON NOT NULL,
    edition JSON NOT NULL,
    tags JSON NOT NULL,
    extra JSON NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(datastore) REFERENCES datastore (id) ON DELETE CASCADE,
    FOREIGN KEY(storage) REFERENCES storage (id)
);

CREATE INDEX ix_stored_data_datastore ON stored_data (datastore);

CREATE TABLE upload (
    id VARCHAR(36) NOT NULL,
    created VARCHAR(27) NOT NULL,
    updated VARCHAR(27) NOT NULL,
    datastore VARCHAR(36) NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    type TEXT NOT NULL,
    srs TEXT NOT NULL,
    status TEXT NOT NULL,
    type_infos JSON NOT NULL,
    extent JSON,
    tags JSON NOT NULL,
    extra JSON NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(datastore) REFERENCES datastore (id) ON DELETE CASCADE
);

CREATE INDEX ix_upload_datastore ON upload (datastore);

CREATE TABLE configuration_data (
    configuration VARCHAR(36) NOT NULL,
    stored_data VARCHAR(36) NOT NULL,
    PRIMARY KEY (configuration, stored_data),
    FOREIGN KEY(configuration) REFERENCES configuration (id) ON DELETE CASCADE,
    FOREIGN KEY(stored_data) REFERENCES stored_data (id)
);

CREATE INDEX ix_configuration_data_stored_data ON configuration_data (stored_data);

CREATE TABLE configuration_static (
    configuration VARCHAR(36) NOT NULL,
    static VARCHAR(36) NOT NULL,
    PRIMARY KEY (configuration, static),
    FOREIGN KEY(configuration) REFERENCES configuration (id) ON DELETE CASCADE,
    FOREIGN KEY(static) REFERENCES static (id)
);

CREATE INDEX ix_configuration_static_static ON configuration_static (static);

CREATE TABLE data_revision (
    stored_data VARCHAR(36) NOT NULL,
    number INTEGER NOT NULL,
    created VARCHAR(27) NOT NULL,
    suffix VARCHAR(16) NOT NULL,
    size INTEGER NOT NULL,
    srs TEXT NOT NULL,
    bounds JSON NOT NULL,
    details JSON NOT NULL,
    PRIMARY KEY (stored_data, number),
    FOREIGN KEY(stored_data) REFERENCES stored_data (id) ON DELETE CASCADE
);

CREATE TABLE execution (
    id VARCHAR(36) NOT NULL,
    created VARCHAR(27) NOT NULL,
    updated VARCHAR(27) NOT NULL,
    datastore VARCHAR(36) NOT NULL,
    family TEXT NOT NULL,
    program VARCHAR(36) NOT NULL,
    status TEXT NOT NULL,
    launched VARCHAR(27),
    started VARCHAR(27),
    finished VARCHAR(27),
    upload VARCHAR(36),
    output VARCHAR(36),
    parameters JSON NOT NULL,
    callback JSON,
    progress JSON,
    faults JSON NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(datastore) REFERENCES datastore (id) ON DELETE CASCADE,
    FOREIGN KEY(upload) REFERENCES upload (id) ON DELETE CASCADE,
    FOREIGN KEY(output) REFERENCES stored_data (id) ON DELETE CASCADE
);

CREATE INDEX execution_by_status ON execution (status);

CREATE INDEX ix_execution_datastore ON execution (datastore);

CREATE INDEX ix_execution_output ON execution (output);

CREATE INDEX ix_execution_program ON execution (program);

CREATE INDEX ix_execution_upload ON execution (upload);

CREATE TABLE offering (
    id VARCHAR(36) NOT NULL,
    created VARCHAR(27) NOT NULL,
    updated VARCHAR(27) NOT NULL,
    datastore VARCHAR(36) NOT NULL,
    configuration VARCHAR(36) NOT NULL,
    endpoint VARCHAR(36) NOT NULL,
    open BOOLEAN NOT NULL,
    available BOOLEAN NOT NULL,
    status TEXT NOT NULL,
    published JSON NOT NULL,
    extra JSON NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (configuration, endpoint),
    FOREIGN KEY(datastore) REFERENCES datastore (id) ON DELETE CASCADE,
    FOREIGN KEY(configuration) REFERENCES configuration (id),
    FOREIGN KEY(endpoint) REFERENCES endpoint (id)
);

CREATE INDEX ix_offering_configuration ON offering (configuration);

CREATE INDEX ix_offering_datastore ON offering (datastore);

CREATE TABLE upload_file (
    id VARCHAR(36) NOT NULL,
    created VARCHAR(27) NOT NULL,
    updated VARCHAR(27) NOT NULL,
    upload VARCHAR(36) NOT NULL,
    path TEXT NOT NULL,
    kind TEXT NOT NULL,
    total INTEGER NOT NULL,
    received INTEGER NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (upload, path),
    FOREIGN KEY(upload) REFERENCES upload (id) ON DELETE CASCADE
);

CREATE TABLE execution_input (
    execution VARCHAR(36) NOT NULL,
    entity VARCHAR(36) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    PRIMARY KEY (execution, entity),
    FOREIGN KEY(execution) REFERENCES execution (id) ON DELETE CASCADE
);

CREATE TABLE log_line (
    execution VARCHAR(36) NOT NULL,
    number INTEGER NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (execution, number),
    FOREIGN KEY(execution) REFERENCES execution (id) ON DELETE CASCADE
);

CREATE INDEX log_by_execution ON log_line (execution, number);
