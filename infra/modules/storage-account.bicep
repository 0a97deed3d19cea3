metadata description = 'A storage account that accepts Entra tokens only. It has no account keys, and so no SAS except by user delegation.'

@minLength(3)
@maxLength(24)
param name string

param location string

param tags object

param redundancy string

@description('Blob containers to create; the app itself creates those of file types.')
param containers string[] = []

@description('Tables to create.')
param tables string[] = []

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: redundancy
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    publicNetworkAccess: 'Enabled'
    supportsHttpsTrafficOnly: true
  }
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    containerDeleteRetentionPolicy: {
      enabled: true
      days: 7
    }
    deleteRetentionPolicy: {
      enabled: true
      days: 7
    }
  }
}

resource blobContainers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = [
  for container in containers: {
    parent: blobService
    name: container
    properties: {
      publicAccess: 'None'
    }
  }
]

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-06-01' = {
  parent: account
  name: 'default'
}

resource storedTables 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-06-01' = [
  for table in tables: {
    parent: tableService
    name: table
  }
]

// not the account's own endpoints: those end with a slash, which would be doubled in every link
output name string = account.name
output blobUri string = 'https://${account.name}.blob.${environment().suffixes.storage}'
output queueUri string = 'https://${account.name}.queue.${environment().suffixes.storage}'
output tableUri string = 'https://${account.name}.table.${environment().suffixes.storage}'
